package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.proto.command.ClusterVersion;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberAttributes;
import io.kvorum.proto.storage.Member;
import io.kvorum.server.command.FeatureLevel;
import io.kvorum.server.command.ProgramOutdated;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  @Test
  void firstLevel_versionSetTwice_isTheLaterOne() {
    bench.applied(version("3.7.0", 1));
    bench.applied(version("3.6.0", 1));

    assertReached("3.6.0", 1);
  }

  @Test
  void risingVersionLevel_lowerVersionOrLevelSet_nothingFalls() {
    bench.applied(version("3.9.0", 2));

    bench.applied(version("3.10.0", 1));
    assertReached("3.10.0", 2);
    bench.applied(version("3.9.0", 2));
    assertReached("3.10.0", 2);
    bench.applied(version("whatever", 2));
    assertReached("3.10.0", 2);
  }

  @Test
  void levelOfANewerProgram_set_stopsTheMember() {
    var _ = bench.propose(version("3.7.0", FeatureLevel.NEWEST + 1));

    assertThatThrownBy(bench::applyAll)
        .isInstanceOf(ProgramOutdated.class)
        .hasMessageContaining("feature level " + (FeatureLevel.NEWEST + 1));
  }

  @Test
  void levelOfANewerProgram_stored_isRefused() {
    Map<String, ByteString> facts =
        Map.of(
            StoredFact.MEMBERSHIP.key(),
            MembershipCommands.founded(List.of(Workbench.FOUNDER)).toByteString(),
            StoredFact.CLUSTER_VERSION.key(),
            io.kvorum.proto.storage.ClusterVersion.newBuilder()
                .setVersion(1)
                .setClusterVersion("3.7.0")
                .setFeatureLevel(FeatureLevel.NEWEST + 1)
                .build()
                .toByteString());

    assertThatThrownBy(() -> ClusterState.stored(name -> Optional.ofNullable(facts.get(name))))
        .isInstanceOf(ProgramOutdated.class);
  }

  private void assertReached(String version, int level) {
    var reached = bench.batches.clusterState().version().orElseThrow();
    assertThat(reached.getClusterVersion()).isEqualTo(version);
    assertThat(reached.getFeatureLevel()).isEqualTo(level);
  }

  private static LogCommand.Builder version(String version, int level) {
    return LogCommand.newBuilder()
        .setClusterVersion(ClusterVersion.newBuilder().setVersion(version).setFeatureLevel(level));
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
