package io.kvorum.server.cluster;

/// What a member answers to a [PeerQuestion].
public sealed interface PeerAnswer {
  /// To a keep-alive.
  sealed interface KeepAlive extends PeerAnswer {}

  /// The lease ends `ttlSeconds`, its granted TTL, from now.
  record Renewed(long ttlSeconds) implements KeepAlive {}

  /// There is no such lease.
  record Gone() implements KeepAlive {}

  /// To a question for the time left.
  sealed interface TimeToLive extends PeerAnswer {}

  /// The lease lives.
  ///
  /// @param remainingSeconds whole seconds, truncated
  record Alive(long remainingSeconds, long grantedSeconds) implements TimeToLive {}

  /// There is no such lease.
  record Absent() implements TimeToLive {}
}
