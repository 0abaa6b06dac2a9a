package io.kvorum.server.config;

import java.math.BigInteger;
import java.util.Optional;

/// What a flag's text may be. The checks are those of Go's `flag` package, so that a manifest that
/// etcd accepts is accepted and one that it rejects is rejected.
enum FlagKind {
  BOOL,
  INT,
  UINT,
  UINT32,
  DURATION,
  STRING,
  URLS;

  private static final BigInteger MAX_UINT64 =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final BigInteger MAX_UINT32 =
      BigInteger.ONE.shiftLeft(32).subtract(BigInteger.ONE);

  /// Why `text` is not of this kind, as Go words it; empty when it is.
  Optional<String> problemWith(String text) {
    return switch (this) {
      case STRING -> Optional.empty();
      case BOOL -> parseBool(text).isPresent() ? Optional.empty() : Optional.of("parse error");
      case INT -> parseInteger(text, MIN_INT64, MAX_INT64);
      case UINT -> parseInteger(text, BigInteger.ZERO, MAX_UINT64);
      case UINT32 -> parseInteger(text, BigInteger.ZERO, MAX_UINT32);
      case DURATION ->
          GoDuration.parse(text).isPresent() ? Optional.empty() : Optional.of("parse error");
      case URLS -> UrlList.problemWith(text);
    };
  }

  private static final BigInteger MIN_INT64 = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX_INT64 = BigInteger.valueOf(Long.MAX_VALUE);

  /// Go's `strconv.ParseBool`.
  static Optional<Boolean> parseBool(String text) {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> Optional.of(true);
      case "0", "f", "F", "false", "FALSE", "False" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  private static Optional<String> parseInteger(String text, BigInteger least, BigInteger most) {
    Optional<BigInteger> value = integer(text);
    if (value.isEmpty()) {
      return Optional.of("parse error");
    }
    boolean fits = value.get().compareTo(least) >= 0 && value.get().compareTo(most) <= 0;
    return fits ? Optional.empty() : Optional.of("value out of range");
  }

  /// An integer as Go's flags read it: decimal, or with a prefix `0x`, `0b`, `0o` or `0`.
  static Optional<BigInteger> integer(String text) {
    String digits = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
    int radix = radixOf(digits);
    String bare = digits.substring(prefixLength(digits));
    try {
      if (bare.startsWith("-") || bare.startsWith("+")) {
        return Optional.empty();
      }
      BigInteger size = new BigInteger(bare.replace("_", ""), radix);
      return Optional.of(text.startsWith("-") ? size.negate() : size);
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private static int radixOf(String digits) {
    if (digits.length() < 2 || digits.charAt(0) != '0') {
      return 10;
    }
    return switch (digits.charAt(1)) {
      case 'x', 'X' -> 16;
      case 'b', 'B' -> 2;
      default -> 8;
    };
  }

  private static int prefixLength(String digits) {
    if (digits.length() < 2 || digits.charAt(0) != '0') {
      return 0;
    }
    return switch (digits.charAt(1)) {
      case 'x', 'X', 'b', 'B', 'o', 'O' -> 2;
      default -> 1;
    };
  }
}
