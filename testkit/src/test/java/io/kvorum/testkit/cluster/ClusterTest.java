package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.client.Client;
import io.kvorum.client.ClientException;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The harness, with three members of etcd: what it cuts is cut, and nothing else.
class ClusterTest {
  private static final Duration ENOUGH = Duration.ofSeconds(30);
  private static final Duration TOO_SHORT = Duration.ofSeconds(3);

  @TempDir private Path directory;
  private Cluster cluster;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(ServerProcess.program("etcd").isPresent(), "install etcd-server");
    cluster = Cluster.start(Cluster.Settings.of(ServerKind.ETCD, 3, directory));
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  /// Puts, at one member, once that works: what was under way to a leader that is gone is lost.
  private long put(int member, String value) {
    long deadlineNanos = System.nanoTime() + ENOUGH.toNanos();
    while (true) {
      try {
        return putOnce(member, value);
      } catch (CompletionException e) {
        if (System.nanoTime() > deadlineNanos) {
          throw e;
        }
      }
    }
  }

  private long putOnce(int member, String value) {
    String endpoint = cluster.endpoints().get(member);
    try (Client client = Client.builder(endpoint).callTimeout(TOO_SHORT).build()) {
      return client.kv().put("key", value).join().getHeader().getRevision();
    }
  }

  private void assertCutOff(int member) {
    assertThatThrownBy(() -> putOnce(member, "lost"))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(ClientException.class);
  }

  private void cutBothWays(Route route) {
    cluster.network().cut(route);
    cluster.network().cut(route.back());
  }

  @Test
  void memberCutOffFromAll_othersGoOn_andItFollowsWhenHealed() {
    cutBothWays(new Route(0, 1));
    cutBothWays(new Route(0, 2));

    assertCutOff(0);
    long revision = put(1, "by the majority");
    assertThat(put(2, "again")).isGreaterThan(revision);

    cluster.network().heal();
    assertThat(put(0, "healed")).isGreaterThan(revision + 1);
  }

  @Test
  void memberThatCannotSpeak_isCutOffAsWell() {
    cluster.network().cut(new Route(0, 1));
    cluster.network().cut(new Route(0, 2));

    assertCutOff(0);
    assertThat(put(1, "by the majority")).isPositive();

    cluster.network().heal();
    assertThat(put(0, "healed")).isPositive();
  }

  @Test
  void killedAndPausedMember_othersGoOn_andItComesBack() throws Exception {
    ClusterMember member = cluster.members().get(2);
    member.kill();
    assertThat(member.isRunning()).isFalse();
    assertThat(put(0, "of two")).isPositive();
    member.start();
    member.awaitHealthy();
    assertThat(put(2, "of three")).isPositive();

    member.pause();
    assertCutOff(2);
    assertThat(put(1, "of two again")).isPositive();
    member.resume();
    assertThat(put(2, "of three again")).isPositive();
  }
}
