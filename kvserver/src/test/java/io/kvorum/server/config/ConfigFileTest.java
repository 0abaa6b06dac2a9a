package io.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// operations.md §1.1, rows on the configuration file.
class ConfigFileTest {
  @TempDir Path directory;

  private CommandLine parse(String yaml, String... more) throws IOException {
    Path file = directory.resolve("member.yaml");
    Files.writeString(file, yaml);
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.add("--config-file=" + file);
    return ServerFlags.parse(arguments, Map.of("ETCD_NAME", "from-env"), Optional::empty);
  }

  @Test
  void file_given_replacesFlagsAndEnvironment() throws Exception {
    String yaml =
        """
        Name: from-file
        data-dir: /tmp/d7
        grpc-keepalive-interval: 3000000000
        quota-backend-bytes: 4096
        log-outputs: [stdout, /tmp/x.log]
        socket-options:
          reuse-port: true
        feature-gates: InitialCorruptCheck=true
        unheard-of: 7
        """;

    CommandLine parsed = parse(yaml, "--name=from-flag");

    MemberConfig config = ((CommandLine.Run) parsed).config();
    assertThat(config.identity().name()).isEqualTo("from-file");
    assertThat(config.listeners().keepAlive().interval()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.listeners().reuse()).isEqualTo(new MemberConfig.SocketReuse(true, false));
    assertThat(config.storage().quotaBytes()).hasValue(4096);
    assertThat(config.observation().logging().outputs()).hasSize(2);
    assertThat(config.gates().isOn("InitialCorruptCheck")).isTrue();
  }

  @Test
  void discoveryService_given_isReadFromItsNestedMaps() throws Exception {
    String yaml =
        """
        discovery-config:
          token: t
          client:
            endpoints: [http://a:1, http://b:1]
            request-timeout: 3000000000
            secure:
              insecure-transport: true
        """;

    CommandLine parsed = parse(yaml);

    assertThat(((CommandLine.Run) parsed).config().identity().discovery())
        .isEqualTo(
            new MemberConfig.Discovery.Registry(
                "t", List.of("http://a:1", "http://b:1"), Duration.ofSeconds(3)));
  }

  @Test
  void discoveryServiceWithAUser_given_isRefused() throws Exception {
    CommandLine parsed =
        parse("discovery-config: {token: t, client: {endpoints: [a:1], auth: {username: u}}}");

    assertThat(parsed).isInstanceOf(CommandLine.Refuse.class);
  }

  @Test
  void jsonFile_given_isReadAsYaml() throws Exception {
    CommandLine parsed = parse("{\"name\": \"j1\", \"max-txn-ops\": 9}");

    assertThat(((CommandLine.Run) parsed).config().requests().maxTxnOperations()).isEqualTo(9);
  }

  @Test
  void durationInWords_given_isRefused() throws Exception {
    CommandLine parsed = parse("grpc-keepalive-timeout: 10m");

    assertThat(((CommandLine.Refuse) parsed).reason().toString())
        .contains("grpc-keepalive-timeout: durations are integers of nanoseconds");
  }

  @Test
  void peerCertificateInNestedMap_given_isThePeersFlag() throws Exception {
    CommandLine parsed =
        parse("peer-transport-security:\n  allowed-cn: [a, b]\nclient-transport-security: {}\n");

    assertThat(((CommandLine.Refuse) parsed).reason().toString())
        .contains("TLS is not supported yet: --peer-cert-allowed-cn");
  }

  @Test
  void brokenFile_given_isRefusedWithItsPath() throws Exception {
    CommandLine parsed = parse("a: [1");

    assertThat(((CommandLine.Refuse) parsed).reason().message())
        .isEqualTo("failed to load the configuration file");
  }

  @Test
  void missingFile_given_isRefused() {
    CommandLine parsed =
        ServerFlags.parse(
            List.of("--config-file", directory + "/none.yaml"), Map.of(), Optional::empty);

    assertThat(parsed).isInstanceOf(CommandLine.Refuse.class);
  }
}
