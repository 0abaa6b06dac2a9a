package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.proto.storage.ClusterVersion;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What a leader makes of the versions that members say they understand.
class ClusterVersionsTest {
  private static final ClusterVersion NOW = reached("3.7.0", 1);

  private static ClusterVersion reached(String version, int level) {
    return ClusterVersion.newBuilder()
        .setVersion(1)
        .setClusterVersion(version)
        .setFeatureLevel(level)
        .build();
  }

  private static Optional<PeerAnswer.Version> says(String version, int level) {
    return Optional.of(new PeerAnswer.Version(version, level));
  }

  @Test
  void allMembersUnderstandMore_isRaisedToWhatAllOfThemDo() {
    assertThat(
            ClusterVersions.raised(
                NOW, List.of(says("3.10.1", 3), says("3.9.4", 2), says("3.9.0", 4))))
        .contains(reached("3.9.0", 2));
  }

  @Test
  void oneMemberUnderstandsNoMore_nothingIsRaised() {
    assertThat(ClusterVersions.raised(NOW, List.of(says("3.8.0", 2), says("3.7.9", 1)))).isEmpty();
  }

  @Test
  void oneMemberDoesNotSay_nothingIsRaised() {
    assertThat(ClusterVersions.raised(NOW, List.of(says("3.8.0", 2), Optional.empty()))).isEmpty();
    assertThat(ClusterVersions.raised(NOW, List.of(says("3.8.0", 2), says("newest", 2)))).isEmpty();
  }

  @Test
  void oneMemberUnderstandsLess_nothingFalls() {
    assertThat(ClusterVersions.raised(NOW, List.of(says("3.8.0", 2), says("3.6.0", 1)))).isEmpty();
    assertThat(ClusterVersions.raised(NOW, List.of(says("3.8.0", 2), says("3.6.0", 2))))
        .contains(reached("3.7.0", 2));
  }
}
