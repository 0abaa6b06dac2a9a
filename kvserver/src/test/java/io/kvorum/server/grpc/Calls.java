package io.kvorum.server.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/// Outcomes of blocking calls.
final class Calls {
  private Calls() {}

  static Status failureOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
    throw new AssertionError("the call succeeded");
  }
}
