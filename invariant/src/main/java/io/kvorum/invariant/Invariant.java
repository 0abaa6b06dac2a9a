package io.kvorum.invariant;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Assertions about the program itself, evaluated in every build.
public final class Invariant {
  private Invariant() {}

  /// Throws [InvariantViolation] with `message` unless `condition` holds.
  public static void check(boolean condition, String message) {
    if (!condition) {
      throw new InvariantViolation(message);
    }
  }

  /// Like [#check(boolean, String)], with the numbers that explain the violation. The arguments are
  /// formatted only on failure.
  @FormatMethod
  public static void check(
      boolean condition, @FormatString String format, @Nullable Object... arguments) {
    if (!condition) {
      throw new InvariantViolation(String.format(Locale.ROOT, format, arguments));
    }
  }
}
