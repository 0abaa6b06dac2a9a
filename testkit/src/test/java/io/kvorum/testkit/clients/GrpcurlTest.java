package io.kvorum.testkit.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// grpcurl without any proto file: everything it knows comes from server reflection.
class GrpcurlTest {
  @TempDir Path directory;
  private ExternalProgram grpcurl;
  private ServerProcess server;

  @BeforeEach
  void start() throws Exception {
    grpcurl =
        ExternalProgram.required(
            "grpcurl", "go install github.com/fullstorydev/grpcurl/cmd/grpcurl", directory);
    server = ServerProcess.kvorum(directory);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private String call(String method, String message) throws Exception {
    return grpcurl.succeed("-plaintext", "-d", message, server.endpoint(), method);
  }

  @Test
  void services_listedByReflection_areAllThere() throws Exception {
    assertThat(grpcurl.succeed("-plaintext", server.endpoint(), "list").lines())
        .contains(
            "etcdserverpb.Auth",
            "etcdserverpb.Cluster",
            "etcdserverpb.KV",
            "etcdserverpb.Lease",
            "etcdserverpb.Maintenance",
            "etcdserverpb.Watch",
            "grpc.health.v1.Health",
            "v3electionpb.Election",
            "v3lockpb.Lock");
  }

  @Test
  void message_describedByReflection_showsItsFields() throws Exception {
    assertThat(
            grpcurl.succeed(
                "-plaintext", server.endpoint(), "describe", "etcdserverpb.RangeRequest"))
        .contains("bytes range_end = 2", "int64 max_create_revision = 13");
  }

  @Test
  void putThenRange_asJson_findThePair() throws Exception {
    call("etcdserverpb.KV/Put", "{\"key\":\"Zm9v\",\"value\":\"YmFy\"}");

    assertThat(call("etcdserverpb.KV/Range", "{\"key\":\"Zm9v\"}"))
        .contains("\"value\": \"YmFy\"", "\"count\": \"1\"");
    assertThat(call("grpc.health.v1.Health/Check", "{}")).contains("SERVING");
  }

  @Test
  void watch_fromThePast_streamsTheEvent() throws Exception {
    call("etcdserverpb.KV/Put", "{\"key\":\"Zm9v\",\"value\":\"YmFy\"}");
    Process watch =
        grpcurl.startReadable(
            List.of(
                "-plaintext",
                "-d",
                "{\"create_request\":{\"key\":\"Zm9v\",\"start_revision\":1}}",
                server.endpoint(),
                "etcdserverpb.Watch/Watch"));

    List<String> lines = new ArrayList<>();
    try (var reader = watch.inputReader()) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line.strip());
        if (line.contains("\"value\"")) {
          break;
        }
      }
    } finally {
      watch.destroyForcibly();
    }
    assertThat(lines).contains("\"created\": true").contains("\"value\": \"YmFy\"");
  }

  @Test
  void methodOfALaterIssue_called_isUnimplemented() throws Exception {
    ExternalProgram.Outcome outcome =
        grpcurl.run("-plaintext", "-d", "{}", server.endpoint(), "etcdserverpb.Auth/AuthEnable");

    assertThat(outcome.output()).contains("Code: Unimplemented");
  }
}
