package io.kvorum.testkit.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.testkit.snapshot.SmallCluster.Node;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A follower that was away, of members that were told to keep a long log.
@Timeout(120)
class LongLogTest {
  /// More than is kept in memory of it, which is 16 MiB.
  private static final int WRITES = 250;

  private static final int VALUE_BYTES = 100_000;

  @TempDir private Path directory;

  @Test
  void followerKilled_missesMoreBytesThanMemoryKeeps_catchesUpFromTheLog() throws Exception {
    try (SmallCluster cluster = SmallCluster.start(directory, "--snapshot-catchup-entries=20000")) {
      Node follower = cluster.follower();
      follower.kill();
      long last = cluster.writeWithout(follower, WRITES, VALUE_BYTES);

      follower.restart();

      cluster.assertEqualAt(last);
      assertThat(follower.timesLogged("installed snapshot")).isZero();
    }
  }
}
