package io.kvorum.server.cluster;

import io.kvorum.mvcc.HashResult;

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

  /// To a question for a hash.
  sealed interface Hash extends PeerAnswer {}

  /// The hash of the member's keys.
  ///
  /// @param head the member's newest revision, no older than the hash
  record Hashed(HashResult of, long head) implements Hash {}

  /// The member has not come to that revision yet.
  record FutureRevision(long head) implements Hash {}

  /// The revision is compacted there.
  record CompactedRevision(long compactRevision) implements Hash {}

  /// What the member's program understands.
  ///
  /// @param version of the API, as `major.minor.patch`
  /// @param featureLevel the highest one, whatever the cluster makes use of
  record Version(String version, int featureLevel) implements PeerAnswer {}

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
