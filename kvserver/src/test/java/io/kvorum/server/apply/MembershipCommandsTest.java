package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.proto.command.ClusterVersion;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberAttributes;
import io.kvorum.proto.storage.Member;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MembershipCommandsTest {
  @TempDir Path directory;
  private Workbench bench;

  @BeforeEach
  void open() {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void member_tellsItsAttributes_areListedAndSurviveRestart() {
    bench.applied(attributes(5));

    Member expected =
        Member.newBuilder()
            .setId(5)
            .setName("infra1")
            .addPeerUrls("http://10.0.0.5:2380")
            .addClientUrls("http://10.0.0.5:2379")
            .build();
    assertThat(bench.batches.clusterState().membership().getMembersList())
        .containsExactly(expected);
    bench.close();
    bench = new Workbench(directory);
    assertThat(bench.batches.clusterState().membership().getMembersList())
        .containsExactly(expected);
  }

  @Test
  void stranger_tellsItsAttributes_isNotHeard() {
    bench.applied(attributes(6));

    assertThat(bench.batches.clusterState().membership().getMembersList())
        .containsExactly(Workbench.FOUNDER);
  }

  @Test
  void clusterVersion_set_isPublishedAndSurvivesRestart() {
    assertThat(bench.batches.clusterState().version()).isEmpty();

    bench.applied(
        LogCommand.newBuilder()
            .setClusterVersion(ClusterVersion.newBuilder().setVersion("3.7.0").setFeatureLevel(2)));

    bench.close();
    bench = new Workbench(directory);
    var version = bench.batches.clusterState().version().orElseThrow();
    assertThat(version.getClusterVersion()).isEqualTo("3.7.0");
    assertThat(version.getFeatureLevel()).isEqualTo(2);
  }

  private static LogCommand.Builder attributes(long id) {
    return LogCommand.newBuilder()
        .setMemberAttributes(
            MemberAttributes.newBuilder()
                .setMemberId(id)
                .setName("infra1")
                .addClientUrls("http://10.0.0.5:2379"));
  }
}
