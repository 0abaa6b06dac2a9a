package io.kvorum.testkit.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Users of other languages generate clients from `proto/`; this does what they would do.
class GeneratedStubsTest {
  private static final Path ROOT = Path.of(System.getProperty("kvorum.root", ".")).toAbsolutePath();
  private static final Path PROTO = ROOT.resolve("proto/src/main/proto");
  private static final Path TESTS = ROOT.resolve("testkit/src/test");
  private static final List<String> FILES =
      List.of("etcdserverpb/rpc.proto", "mvccpb/kv.proto", "authpb/auth.proto");

  @TempDir Path directory;

  @Test
  void pythonStubs_generatedFromOurFiles_driveTheServer() throws Exception {
    ExternalProgram python = python();
    protoc(python, "--python_out=.", "--grpc_python_out=.");

    try (ServerProcess server = ServerProcess.kvorum(directory)) {
      String output =
          python.succeed(
              TESTS.resolve("python/client.py").toString(),
              directory.toString(),
              server.endpoint());

      assertThat(output).endsWith("all checks passed\n");
    }
  }

  @Test
  void goStubs_generatedFromOurFiles_driveTheServer() throws Exception {
    ExternalProgram go = ExternalProgram.required("go", "install golang", directory);
    ExternalProgram.required(
        "protoc-gen-go", "go install google.golang.org/protobuf/cmd/protoc-gen-go", directory);
    ExternalProgram.required(
        "protoc-gen-go-grpc",
        "go install google.golang.org/grpc/cmd/protoc-gen-go-grpc",
        directory);
    for (String file : List.of("go.mod", "go.sum", "client_test.go")) {
      Files.copy(TESTS.resolve("go").resolve(file), directory.resolve(file));
    }
    protoc(
        python(),
        "--go_out=.",
        "--go_opt=module=io.kvorum",
        "--go-grpc_out=.",
        "--go-grpc_opt=module=io.kvorum");

    try (ServerProcess server = ServerProcess.kvorum(directory)) {
      String output =
          go.with("KVORUM_ENDPOINT", server.endpoint())
              .with("GOFLAGS", "-mod=mod")
              .succeed("test", "-count=1", "-v", ".");

      assertThat(output).contains("PASS: TestKeysAndValues", "PASS: TestWatchAndLease");
    }
  }

  private ExternalProgram python() throws IOException, InterruptedException {
    ExternalProgram python = ExternalProgram.required("python3", "install python3", directory);
    boolean tools = python.run("-c", "import grpc_tools, grpc").status() == 0;
    assumeTrue(tools, "needs Python packages: pip install grpcio grpcio-tools");
    return python;
  }

  private void protoc(ExternalProgram python, String... options) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("-m", "grpc_tools.protoc", "-I", PROTO.toString()));
    arguments.addAll(List.of(options));
    arguments.addAll(FILES);
    python.succeed(arguments.toArray(String[]::new));
  }
}
