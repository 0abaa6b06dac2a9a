package io.kvorum.invariant;

/// The program has broken one of its own rules and must not go on: nothing may be sent,
/// acknowledged or written after it.
public final class InvariantViolation extends RuntimeException {
  public InvariantViolation(String message) {
    super(message);
  }

  public InvariantViolation(String message, Throwable cause) {
    super(message, cause);
  }
}
