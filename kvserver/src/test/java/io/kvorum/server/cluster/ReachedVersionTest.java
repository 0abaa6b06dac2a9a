package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.server.command.ApiVersion;
import io.kvorum.server.command.FeatureLevel;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReachedVersionTest {
  private static final ApiVersion OWN = new ApiVersion(3, 9);

  @Test
  void page_read_isWhatTheClusterHasReached() throws IOException {
    assertThat(
            ReachedVersion.read(
                "{\"etcdserver\":\"3.9.1\",\"etcdcluster\":\"3.8.0\",\"other\":[1],\"featureLevel\":5}"))
        .isEqualTo(new ReachedVersion(Optional.of(new ApiVersion(3, 8)), 5));
  }

  @Test
  void pageOfAnOlderMember_orBeforeTheDecision_isTheBeginning() throws IOException {
    assertThat(ReachedVersion.read("{\"etcdserver\":\"3.7.0\",\"etcdcluster\":\"not_decided\"}"))
        .isEqualTo(new ReachedVersion(Optional.empty(), FeatureLevel.FIRST));
  }

  @Test
  void somethingElse_read_isNoPage() {
    assertThatThrownBy(() -> ReachedVersion.read("[]")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ReachedVersion.read("{\"featureLevel\":\"high\"}"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void member_admitted_unlessVersionOrLevelIsBeyondIt() {
    assertThat(new ReachedVersion(Optional.of(OWN), 2).admits(OWN, 2)).isTrue();
    assertThat(new ReachedVersion(Optional.empty(), 1).admits(OWN, 2)).isTrue();
    assertThat(new ReachedVersion(Optional.of(OWN), 3).admits(OWN, 2)).isFalse();
    assertThat(new ReachedVersion(Optional.of(new ApiVersion(3, 10)), 2).admits(OWN, 2)).isFalse();
  }
}
