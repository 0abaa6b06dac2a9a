package io.kvorum.mvcc;

/// A lease as it is stored: the store keeps it, and which keys are attached; when it ends is not
/// the store's business.
///
/// @param remainingMillis what was left at the last checkpoint; 0 means the full TTL
/// @param generation counts renewals that went through the log, so that a stale expiry can be told
public record LeaseRecord(long id, long ttlSeconds, long remainingMillis, long generation) {}
