package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.server.apply.LeaseDesk.LeaderRequest;
import io.kvorum.server.propose.LoopTasks;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;

/// Brings lease requests from event loops to the thread `apply`, which owns the leases.
final class LeaseRequests implements Lessor, AttachedKeys {
  private final LeaseDesk desk;
  private final MvccStore store;
  private final ApplyInbox inbox;

  LeaseRequests(LeaseDesk desk, MvccStore store, ApplyInbox inbox) {
    this.desk = desk;
    this.store = store;
    this.inbox = inbox;
  }

  @Override
  public void keepAlive(LeaseId lease, Executor loop, Callback<KeepAlive> callback) {
    offer(
        loop,
        callback,
        nowNanos -> {
          KeepAliveWaiter waiter = new KeepAliveWaiter(loop, callback, store.head(), nowNanos);
          desk.serve(new KeepAliveRequest(lease, waiter), nowNanos);
        });
  }

  @Override
  public void timeToLive(LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback) {
    offer(
        loop,
        callback,
        nowNanos ->
            desk.serve(new TimeToLiveRequest(lease, keys, loop, callback, store), nowNanos));
  }

  @Override
  public void leases(Executor loop, Callback<LeaseList> callback) {
    offer(
        loop,
        callback,
        _ -> {
          LeaseList list = new LeaseList(desk.list(), store.head());
          loop.execute(() -> callback.answered(list));
        });
  }

  @Override
  public void attachedKeys(LeaseId lease, Executor loop, Callback<List<ByteString>> callback) {
    offer(
        loop,
        callback,
        _ -> {
          List<ByteString> keys = store.attachedKeys(lease.value());
          loop.execute(() -> callback.answered(keys));
        });
  }

  private void offer(Executor loop, Callback<?> callback, ApplyInbox.Task task) {
    switch (inbox.offer(task)) {
      case ACCEPTED -> {}
      case FULL -> loop.execute(() -> callback.failed(LeaseFailure.TOO_MANY_REQUESTS));
      case CLOSED -> loop.execute(() -> callback.failed(LeaseFailure.STOPPED));
    }
  }

  private record KeepAliveRequest(LeaseId lease, KeepAliveWaiter waiter) implements LeaderRequest {
    @Override
    public void serve(LeaseTenure tenure, long nowNanos, LoopTasks answers) {
      tenure.keepAlive(lease, waiter, nowNanos);
    }

    @Override
    public void fail(LeaseFailure failure, LoopTasks answers) {
      waiter.fail(failure, answers);
    }
  }

  private record TimeToLiveRequest(
      LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback, MvccStore store)
      implements LeaderRequest {
    @Override
    public void serve(LeaseTenure tenure, long nowNanos, LoopTasks answers) {
      TimeToLive answer = answer(tenure, nowNanos);
      answers.add(loop, () -> callback.answered(answer));
    }

    @Override
    public void fail(LeaseFailure failure, LoopTasks answers) {
      answers.add(loop, () -> callback.failed(failure));
    }

    private TimeToLive answer(LeaseTenure tenure, long nowNanos) {
      OptionalLong remaining = tenure.deadlines().remainingSeconds(lease, nowNanos);
      OptionalLong granted = tenure.deadlines().grantedSeconds(lease);
      if (remaining.isEmpty() || granted.isEmpty()) {
        return new TimeToLive.Absent(store.head());
      }
      List<ByteString> attached =
          switch (keys) {
            case INCLUDED -> store.attachedKeys(lease.value());
            case LEFT_OUT -> List.of();
          };
      return new TimeToLive.Alive(
          remaining.getAsLong(), granted.getAsLong(), attached, store.head());
    }
  }
}
