package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.server.apply.AttachedKeys;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;

/// A member's lease requests, kept until the test answers them. Keys are answered at once.
final class HeldRequests implements Lessor, AttachedKeys {
  final Queue<Asked<KeepAlive>> keepAlives = new ArrayDeque<>();
  final Queue<Asked<TimeToLive>> timesToLive = new ArrayDeque<>();
  List<ByteString> attached = List.of();

  record Asked<T>(LeaseId lease, Executor loop, Callback<T> callback) {
    void answer(T answer) {
      loop.execute(() -> callback.answered(answer));
    }

    void fail(LeaseFailure failure) {
      loop.execute(() -> callback.failed(failure));
    }
  }

  @Override
  public void keepAlive(LeaseId lease, Executor loop, Callback<KeepAlive> callback) {
    keepAlives.add(new Asked<>(lease, loop, callback));
  }

  @Override
  public void timeToLive(LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback) {
    timesToLive.add(new Asked<>(lease, loop, callback));
  }

  @Override
  public void leases(Executor loop, Callback<LeaseList> callback) {
    loop.execute(() -> callback.answered(new LeaseList(List.of(new LeaseId(99)), 17)));
  }

  @Override
  public void attachedKeys(LeaseId lease, Executor loop, Callback<List<ByteString>> callback) {
    List<ByteString> keys = attached;
    loop.execute(() -> callback.answered(keys));
  }
}
