package io.kvorum.raft.driver;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Draws election timeouts at random, or the one that was asked for.
final class ForcedTimeouts implements RandomGenerator {
  private final int electionTicks;
  private final SplittableRandom random;
  private int forcedTicks;

  ForcedTimeouts(int electionTicks, long seed) {
    this.electionTicks = electionTicks;
    this.random = new SplittableRandom(seed);
  }

  /// Every timeout is `ticks` long from now on.
  void force(int ticks) {
    forcedTicks = ticks;
  }

  void release() {
    forcedTicks = 0;
  }

  @Override
  public int nextInt(int bound) {
    return forcedTicks > 0 ? forcedTicks - electionTicks : random.nextInt(bound);
  }

  @Override
  public long nextLong() {
    return random.nextLong();
  }
}
