package io.kvorum.raft.simulation;

import java.util.Locale;

/// An invariant of raft.md §2 does not hold.
final class Violation extends RuntimeException {
  private final String invariant;

  Violation(String invariant, String message) {
    super(invariant + ": " + message);
    this.invariant = invariant;
  }

  String invariant() {
    return invariant;
  }

  /// Fails with `invariant` unless `condition` holds; the arguments are formatted only then.
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one dependency more
  static void unless(boolean condition, String invariant, String format, Object... arguments) {
    if (!condition) {
      throw new Violation(invariant, String.format(Locale.ROOT, format, arguments));
    }
  }
}
