package io.kvorum.testkit.bounds;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Requests sent without waiting for the answers of those before, a bounded number at a time.
final class InFlight {
  private final int most;
  private final Semaphore free;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  InFlight(int most) {
    this.most = most;
    this.free = new Semaphore(most);
  }

  /// Takes the answer of one more request, once there is room for it.
  <T> StreamObserver<T> next() throws InterruptedException {
    free.acquire();
    return new StreamObserver<>() {
      @Override
      public void onNext(T answer) {}

      @Override
      public void onError(Throwable error) {
        failure.compareAndSet(null, error);
        free.release();
      }

      @Override
      public void onCompleted() {
        free.release();
      }
    };
  }

  /// Waits for all answers.
  void finish() throws InterruptedException {
    free.acquire(most);
    Throwable error = failure.get();
    if (error != null) {
      throw new IllegalStateException("a request failed", error);
    }
  }
}
