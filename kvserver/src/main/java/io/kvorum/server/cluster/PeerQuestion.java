package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
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

  /// Let this command, a change of the membership, into the log. Asked of the leader, once.
  record Change(ByteString command) implements PeerQuestion<PeerAnswer.Change> {
    @Override
    public Class<PeerAnswer.Change> answerType() {
      return PeerAnswer.Change.class;
    }
  }

  /// What is the hash of your keys at this revision? Asked of anybody.
  ///
  /// @param revision 0 for the newest
  record Hash(long revision) implements PeerQuestion<PeerAnswer.Hash> {
    @Override
    public Class<PeerAnswer.Hash> answerType() {
      return PeerAnswer.Hash.class;
    }
  }

  /// What does your program understand? Asked of anybody.
  record Version() implements PeerQuestion<PeerAnswer.Version> {
    @Override
    public Class<PeerAnswer.Version> answerType() {
      return PeerAnswer.Version.class;
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
