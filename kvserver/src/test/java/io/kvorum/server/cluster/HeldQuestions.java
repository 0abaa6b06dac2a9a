package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;

/// Keeps what other members ask until the test answers it.
final class HeldQuestions implements PeerHandler {
  final List<Asked<PeerAnswer.KeepAlive>> keepAlives = new ArrayList<>();
  final List<Asked<PeerAnswer.TimeToLive>> timesToLive = new ArrayList<>();

  final List<ByteString> changes = new ArrayList<>();

  final Map<Long, Reply<PeerAnswer.Hash>> hashes = new TreeMap<>();

  record Asked<A extends PeerAnswer>(LeaseId lease, Executor replies, Reply<A> reply) {
    void answer(A answer) {
      replies.execute(() -> reply.answer(answer));
    }

    void refuse(CallFailure.Refusal why) {
      replies.execute(() -> reply.refuse(why));
    }
  }

  @Override
  public void keepAlive(LeaseId lease, Executor replies, Reply<PeerAnswer.KeepAlive> reply) {
    keepAlives.add(new Asked<>(lease, replies, reply));
  }

  @Override
  public void timeToLive(LeaseId lease, Executor replies, Reply<PeerAnswer.TimeToLive> reply) {
    timesToLive.add(new Asked<>(lease, replies, reply));
  }

  @Override
  public void change(ByteString command, Executor replies, Reply<PeerAnswer.Change> reply) {
    changes.add(command);
  }

  @Override
  public void hash(long revision, Executor replies, Reply<PeerAnswer.Hash> reply) {
    hashes.put(revision, reply);
  }

  @Override
  public void version(Executor replies, Reply<PeerAnswer.Version> reply) {
    replies.execute(() -> reply.answer(new PeerAnswer.Version("3.7.0", 2)));
  }
}
