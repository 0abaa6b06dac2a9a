package io.kvorum.server.grpc;

import io.kvorum.lease.LeaseId;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A lessor that answers when the test says so, in the order the test chooses.
final class ScriptedLessor implements Lessor {
  private final BlockingQueue<Asked<?>> asked = new LinkedBlockingQueue<>();

  /// A question that waits for its answer.
  record Asked<T>(Object about, Executor loop, Callback<T> callback) {
    void answer(T answer) {
      loop.execute(() -> callback.answered(answer));
    }

    void fail(LeaseFailure failure) {
      loop.execute(() -> callback.failed(failure));
    }
  }

  /// A question about a lease's time.
  record TimeQuestion(LeaseId lease, Keys keys) {}

  @Override
  public void keepAlive(LeaseId lease, Executor loop, Callback<KeepAlive> callback) {
    asked.add(new Asked<>(lease, loop, callback));
  }

  @Override
  public void timeToLive(LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback) {
    asked.add(new Asked<>(new TimeQuestion(lease, keys), loop, callback));
  }

  @Override
  public void leases(Executor loop, Callback<LeaseList> callback) {
    asked.add(new Asked<>(List.of(), loop, callback));
  }

  /// The next question, as soon as it comes. The test knows of what kind it is.
  @SuppressWarnings("unchecked")
  <T> Asked<T> next() {
    try {
      Asked<?> next = asked.poll(20, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("nothing was asked");
      }
      return (Asked<T>) next;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
