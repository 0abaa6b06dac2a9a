package io.kvorum.lease;

import java.time.Duration;

/// The times and rates of a leader's leases.
///
/// @param promotionGrace what every lease gets on top when a new leader takes over: an election
///   timeout, in which clients could not renew
/// @param expiriesPerSecond how many leases may expire within one second after a promotion; more
///   are spread over later seconds, so that revoking them cannot flood the log
/// @param expiryRetry how long a proposed expiry is waited for before it is proposed again
/// @param shortestCheckpoint a lease's time left is noted at most this often
/// @param longestCheckpoint and at least this often while it is not renewed
public record LeaseLimits(
    Duration promotionGrace,
    int expiriesPerSecond,
    Duration expiryRetry,
    Duration shortestCheckpoint,
    Duration longestCheckpoint) {
  public LeaseLimits {
    if (expiriesPerSecond < 1) {
      throw new IllegalArgumentException(expiriesPerSecond + " expiries per second");
    }
    if (shortestCheckpoint.compareTo(longestCheckpoint) > 0 || !shortestCheckpoint.isPositive()) {
      throw new IllegalArgumentException(
          "checkpoints every " + shortestCheckpoint + " to " + longestCheckpoint);
    }
  }

  /// The defaults for members of this election timeout and request timeout: 750 expiries per
  /// second, a checkpoint every tenth of the time to live, between 2 seconds and 5 minutes.
  public static LeaseLimits of(Duration electionTimeout, Duration requestTimeout) {
    return new LeaseLimits(
        electionTimeout, 750, requestTimeout, Duration.ofSeconds(2), Duration.ofMinutes(5));
  }

  /// How long a lease of this time to live goes between two checkpoints.
  long checkpointIntervalNanos(Lease lease) {
    long tenth = lease.ttlSeconds() * (1_000_000_000L / 10);
    return Math.clamp(tenth, shortestCheckpoint.toNanos(), longestCheckpoint.toNanos());
  }
}
