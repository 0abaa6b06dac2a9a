package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Members that are stopped by SIGTERM and started again, one by one: clients see nothing of it but
/// that some calls take longer.
class RollingRestartTest {
  private static final int SIGTERM_STATUS = 143;

  @TempDir Path directory;

  @Test
  void membersRestartedOneByOneUnderLoad_noCallFails_noEventIsMissed_leaseLives() throws Exception {
    try (PlainCluster cluster = PlainCluster.start(directory)) {
      List<PlainCluster.Member> order = new ArrayList<>(cluster.followers());
      order.add(1, cluster.leader());
      restartUnderLoad(order);
    }
  }

  /// Watch and lease begin at the leader, which is the second to go, and go on at the first, which
  /// is back by then.
  private static void restartUnderLoad(List<PlainCluster.Member> order) throws Exception {
    List<String> endpoints =
        Stream.of(1, 0, 2).map(order::get).map(PlainCluster.Member::endpoint).toList();
    try (SteadyLoad load = SteadyLoad.start(endpoints)) {
      load.awaitMoreWrites();

      for (PlainCluster.Member member : order) {
        boolean leads = member.leads();
        long termNanos = System.nanoTime();
        assertThat(member.process().terminate()).isEqualTo(SIGTERM_STATUS);
        long goneNanos = System.nanoTime();
        load.awaitMoreWrites();
        System.out.printf(
            "%s %s stopped in %d ms, longest time without an acknowledged write: %d ms%n",
            leads ? "leader" : "follower",
            member.place().name(),
            Duration.ofNanos(goneNanos - termNanos).toMillis(),
            load.longestSilenceSince(termNanos).toMillis());
        member.startAgain();
        load.awaitMoreWrites();
      }

      load.finish();
    }
  }
}
