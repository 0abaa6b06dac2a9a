package io.kvorum.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait before another round over the endpoints: `firstDelay`, doubled per round up to
/// `maxDelay`, of which a random half is left out so that clients do not return in step.
///
/// There is no limit to the rounds: a call ends with its deadline, a watch when it is closed.
public record RetryPolicy(Duration firstDelay, Duration maxDelay) {
  public static final RetryPolicy STANDARD =
      new RetryPolicy(Duration.ofMillis(50), Duration.ofSeconds(2));

  public RetryPolicy {
    if (firstDelay.isNegative() || firstDelay.isZero() || maxDelay.compareTo(firstDelay) < 0) {
      throw new IllegalArgumentException("delays of " + firstDelay + " to " + maxDelay);
    }
  }

  /// The delay after `failures` failures in a row over `endpoints` endpoints: none as long as some
  /// endpoint was not asked yet.
  long delayNanos(int failures, int endpoints, RandomGenerator random) {
    int round = failures / endpoints - 1;
    if (round < 0) {
      return 0;
    }
    long limit = maxDelay.toNanos();
    long full = firstDelay.toNanos();
    for (int i = 0; i < round && full < limit; i++) {
      full = Math.min(full * 2, limit);
    }
    return full - random.nextLong(full / 2 + 1);
  }
}
