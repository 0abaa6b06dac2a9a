package io.kvorum.server.grpc;

import io.grpc.Status;

/// Ends a read with a status of its own. Carries no stack trace.
final class ReadRefused extends RuntimeException {
  private final transient Status status;

  ReadRefused(Status status) {
    super(status.toString(), null, false, false);
    this.status = status;
  }

  Status status() {
    return status;
  }
}
