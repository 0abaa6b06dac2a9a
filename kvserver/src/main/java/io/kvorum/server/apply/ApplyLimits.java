package io.kvorum.server.apply;

import io.kvorum.lease.LeaseLimits;
import java.time.Duration;

/// The bounds of the thread `apply`.
///
/// @param batchEntries most entries in one batch of the store
/// @param batchBytes payload after which a batch is ended, so that answers and watchers do not wait
///   for the rest
/// @param leaseRequests lease requests of clients that wait for the thread; beyond it they fail
///   with [LeaseFailure#TOO_MANY_REQUESTS]
/// @param requestTimeout how long a keep-alive waits for a leader, or for a revoke
/// @param leaseTick how often leases are looked at
/// @param leasesPerTick most leases expired, and most noted, in one tick: a command of ~15 kB
/// @param leases the times and rates of leases
public record ApplyLimits(
    int batchEntries,
    long batchBytes,
    int leaseRequests,
    Duration requestTimeout,
    Duration leaseTick,
    int leasesPerTick,
    LeaseLimits leases) {
  public ApplyLimits {
    if (batchEntries < 1 || batchBytes < 1 || leaseRequests < 1 || leasesPerTick < 1) {
      throw new IllegalArgumentException("a bound of zero stops the thread apply");
    }
  }

  /// The defaults for members of this election timeout and request timeout.
  public static ApplyLimits of(Duration electionTimeout, Duration requestTimeout) {
    return new ApplyLimits(
        4_096,
        8L << 20,
        64 << 10,
        requestTimeout,
        Duration.ofMillis(500),
        500,
        LeaseLimits.of(electionTimeout, requestTimeout));
  }

  /// These limits with other bounds of a batch.
  ApplyLimits withBatch(int entries, long bytes) {
    return new ApplyLimits(
        entries, bytes, leaseRequests, requestTimeout, leaseTick, leasesPerTick, leases);
  }
}
