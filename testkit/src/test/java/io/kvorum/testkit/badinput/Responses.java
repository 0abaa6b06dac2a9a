package io.kvorum.testkit.badinput;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;

/// Puts the messages of a stream into a queue. Whoever waits for one in vain says so; how the
/// stream ended does not matter then.
record Responses<T>(BlockingQueue<T> queue) implements StreamObserver<T> {
  static <T> StreamObserver<T> into(BlockingQueue<T> queue) {
    return new Responses<>(queue);
  }

  @Override
  public void onNext(T message) {
    queue.add(message);
  }

  @Override
  public void onError(Throwable error) {
    // The reader times out and says how far it came.
  }

  @Override
  public void onCompleted() {
    // The server ends these streams only after the client has.
  }
}
