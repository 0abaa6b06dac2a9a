package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import java.util.concurrent.Executor;

/// Answers what other members ask: one method per question. Called by the event loop of the peers'
/// connections; must not wait.
///
/// Every question gets exactly one reply, by any thread. Replies given inside one task of the
/// executor `replies`, which runs it at once, travel in one note.
public interface PeerHandler {
  void keepAlive(LeaseId lease, Executor replies, Reply<PeerAnswer.KeepAlive> reply);

  void timeToLive(LeaseId lease, Executor replies, Reply<PeerAnswer.TimeToLive> reply);

  void change(ByteString command, Executor replies, Reply<PeerAnswer.Change> reply);

  void hash(long revision, Executor replies, Reply<PeerAnswer.Hash> reply);

  void version(Executor replies, Reply<PeerAnswer.Version> reply);

  /// The right to answer one question, used once.
  interface Reply<A extends PeerAnswer> {
    void answer(A answer);

    void refuse(CallFailure.Refusal why);
  }
}
