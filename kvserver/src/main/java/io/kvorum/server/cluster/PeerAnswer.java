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

  /// To a change of the membership.
  record Change(Obstacle obstacle) implements PeerAnswer {
    /// Why the change is in no log.
    public enum Obstacle {
      /// None is known: it may be committed.
      NONE,
      /// One that passes by itself: another change is under way, or the leader hands over.
      FOR_NOW,
      /// The learner is too far behind to vote.
      LEARNER_NOT_READY,
      /// No legal configuration would come of it.
      ILLEGAL
    }
  }
}
