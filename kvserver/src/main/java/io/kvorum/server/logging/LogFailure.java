package io.kvorum.server.logging;

/// Log lines cannot be written where they were wanted. The message is for the operator and says
/// where and why.
public final class LogFailure extends Exception {
  LogFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
