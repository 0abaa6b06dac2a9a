package io.kvorum.server.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/// Blocking calls, and their outcomes.
final class Calls {
  private Calls() {}

  /// Makes the call on a thread of its own.
  static <A> Future<A> start(Supplier<A> call) {
    return CompletableFuture.supplyAsync(call, Thread::startVirtualThread);
  }

  static Status failureOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
    throw new AssertionError("the call succeeded");
  }
}
