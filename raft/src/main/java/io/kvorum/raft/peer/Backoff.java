package io.kvorum.raft.peer;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait before the next attempt to connect: doubling up to a cap, of which a random
/// half is taken off, so that members that lost the same peer do not come back at once.
///
/// Owned by the event loop of the link.
final class Backoff {
  private final long firstMillis;
  private final long lastMillis;
  private final RandomGenerator random;
  private long nextMillis;

  Backoff(Duration first, Duration last, RandomGenerator random) {
    this.firstMillis = Math.max(1, first.toMillis());
    this.lastMillis = Math.max(firstMillis, last.toMillis());
    this.random = random;
    this.nextMillis = firstMillis;
  }

  /// The wait after one more failure, in milliseconds: between half the present step and all of it.
  long nextMillis() {
    long step = nextMillis;
    nextMillis = Math.min(lastMillis, step * 2);
    return step - random.nextLong(step / 2 + 1);
  }

  /// An attempt has succeeded.
  void reset() {
    nextMillis = firstMillis;
  }
}
