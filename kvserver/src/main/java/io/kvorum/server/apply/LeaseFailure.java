package io.kvorum.server.apply;

/// Why a lease request got no answer. None of these requests has an effect that a retry could
/// double.
public enum LeaseFailure {
  /// This member is not the leader, or has just stopped being it. etcd: `not a primary lessor`.
  NOT_PRIMARY,
  /// No leader is known.
  NO_LEADER,
  /// The leader changed while the request waited.
  LEADER_CHANGED,
  /// The request timeout passed.
  TIMED_OUT,
  /// Too many lease requests wait for the thread `apply`.
  TOO_MANY_REQUESTS,
  /// The member stops.
  STOPPED
}
