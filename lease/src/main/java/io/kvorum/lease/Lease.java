package io.kvorum.lease;

/// What every member knows about a granted lease.
///
/// @param ttlSeconds the granted time to live
/// @param remainingMillis the time left when it was last noted in the log (a checkpoint), or the
///   full time to live; what a new leader starts from
public record Lease(LeaseId id, long ttlSeconds, LeaseGeneration generation, long remainingMillis) {
  /// Longest time to live a client may ask for (etcd API: Lease.LeaseGrant). In nanoseconds it
  /// still fits a `long`.
  public static final long MAX_TTL_SECONDS = 9_000_000_000L;

  public Lease {
    if (ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) {
      throw new IllegalArgumentException("TTL of " + ttlSeconds + " s");
    }
    if (remainingMillis < 1 || remainingMillis > fullMillis(ttlSeconds)) {
      throw new IllegalArgumentException(remainingMillis + " ms left of " + ttlSeconds + " s");
    }
  }

  /// A lease just granted, with its full time ahead.
  public static Lease granted(LeaseId id, long ttlSeconds, LeaseGeneration generation) {
    return new Lease(id, ttlSeconds, generation, fullMillis(ttlSeconds));
  }

  /// Whether a checkpoint says that less than the full time is left.
  public boolean isCheckpointed() {
    return remainingMillis < fullMillis(ttlSeconds);
  }

  /// This lease with its time left noted; never more than the full time, never none.
  Lease withRemaining(long millis) {
    long noted = Math.clamp(millis, 1, fullMillis(ttlSeconds));
    return new Lease(id, ttlSeconds, generation, noted);
  }

  /// This lease without a checkpoint.
  Lease withFullTime() {
    return granted(id, ttlSeconds, generation);
  }

  private static long fullMillis(long ttlSeconds) {
    return ttlSeconds * 1_000;
  }
}
