package io.kvorum.server;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Makes the state durable whenever so many entries were applied since, so that a start replays
/// little and the log before them can be dropped: what `--snapshot-count` asks for.
///
/// The store does so by itself for every so many bytes. Each time leaves a file behind, so however
/// small the number is, there is some time between two.
final class Checkpoints {
  private static final long SHORTEST_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final long entries;
  private final LongSupplier applied;
  private final Runnable flush;
  private long nextNanos; // the thread `clock`
  private volatile long durable;

  /// @param entries how many, at least 1
  /// @param applied index of the newest entry that the state contains
  /// @param flush makes the state durable soon
  /// @param durable index of the newest entry that the durable state contains
  Checkpoints(
      long entries, LongSupplier applied, Runnable flush, long durable, LongSupplier nanoClock) {
    this.entries = entries;
    this.applied = applied;
    this.flush = flush;
    this.durable = durable;
    this.nextNanos = nanoClock.getAsLong();
  }

  /// Takes that the state up to `index` is durable, whatever for.
  void stateDurable(long index) {
    durable = index;
  }

  /// Looks at the clock. Called a few times per second.
  void tick(long nowNanos) {
    if (nowNanos - nextNanos >= 0 && applied.getAsLong() - durable >= entries) {
      nextNanos = nowNanos + SHORTEST_INTERVAL_NANOS;
      flush.run();
    }
  }
}
