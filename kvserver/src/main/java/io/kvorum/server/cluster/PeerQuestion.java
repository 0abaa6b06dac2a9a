package io.kvorum.server.cluster;

import io.kvorum.lease.LeaseId;

/// What one member asks another.
///
/// @param <A> how it is answered
public sealed interface PeerQuestion<A extends PeerAnswer> {
  /// The answers that fit; another one is taken for none.
  Class<A> answerType();

  /// Renew the lease. Asked of the leader; may be asked twice.
  record KeepAlive(LeaseId lease) implements PeerQuestion<PeerAnswer.KeepAlive> {
    @Override
    public Class<PeerAnswer.KeepAlive> answerType() {
      return PeerAnswer.KeepAlive.class;
    }
  }

  /// How long has the lease left? Asked of the leader.
  record TimeToLive(LeaseId lease) implements PeerQuestion<PeerAnswer.TimeToLive> {
    @Override
    public Class<PeerAnswer.TimeToLive> answerType() {
      return PeerAnswer.TimeToLive.class;
    }
  }
}
