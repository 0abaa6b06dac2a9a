package io.kvorum.server.grpc;

/// Ends a long read whose client has gone. Carries no stack trace.
final class CallGone extends RuntimeException {
  CallGone() {
    super("the client has gone", null, false, false);
  }
}
