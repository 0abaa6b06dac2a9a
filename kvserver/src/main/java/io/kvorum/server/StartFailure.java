package io.kvorum.server;

/// The member cannot start as asked: a configuration or environment that an operator must change.
/// The message says what and, where it helps, how. The process exits with status 1.
final class StartFailure extends Exception {
  StartFailure(String message) {
    super(message);
  }

  StartFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
