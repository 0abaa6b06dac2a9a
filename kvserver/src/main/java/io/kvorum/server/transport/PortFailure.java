package io.kvorum.server.transport;

/// A port could not be opened. The message is for the operator and says which address and why.
public final class PortFailure extends Exception {
  PortFailure(String message) {
    super(message);
  }

  PortFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
