package io.kvorum.server.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Durations as Go writes them: `1h30m`, `300ms`, `1.5s`, `0`. Operators' manifests, and tools that
/// read our logs, use this form.
public final class GoDuration {
  private static final Pattern WHOLE = Pattern.compile("[+-]?([0-9]*\\.?[0-9]*[a-zµμ]+)+");
  private static final Pattern PART =
      Pattern.compile("([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)");
  private static final BigDecimal MAX_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);

  private GoDuration() {}

  /// The duration `text` means; empty when it is not in Go's syntax or does not fit 2^63-1 ns.
  public static Optional<Duration> parse(String text) {
    if (text.equals("0") || text.equals("+0") || text.equals("-0")) {
      return Optional.of(Duration.ZERO);
    }
    if (!WHOLE.matcher(text).matches()) {
      return Optional.empty();
    }
    boolean signed = text.startsWith("-") || text.startsWith("+");
    Optional<BigDecimal> nanos = sumOfParts(signed ? text.substring(1) : text);
    return nanos
        .map(sum -> text.startsWith("-") ? sum.negate() : sum)
        .map(sum -> Duration.ofNanos(sum.longValue()));
  }

  private static Optional<BigDecimal> sumOfParts(String text) {
    Matcher part = PART.matcher(text);
    BigDecimal sum = BigDecimal.ZERO;
    int position = 0;
    while (part.lookingAt()) {
      sum = sum.add(new BigDecimal(part.group(1)).multiply(nanosPer(part.group(2))));
      position = part.end();
      part.region(position, text.length());
    }
    boolean complete = position == text.length() && sum.compareTo(MAX_NANOS) <= 0;
    return complete ? Optional.of(sum) : Optional.empty();
  }

  private static BigDecimal nanosPer(String unit) {
    return BigDecimal.valueOf(
        switch (unit) {
          case "ns" -> 1L;
          case "us", "µs", "μs" -> 1_000L;
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "m" -> 60_000_000_000L;
          default -> 3_600_000_000_000L;
        });
  }

  /// `duration` in Go's form: the largest unit that is not zero leads, e.g. `1m0s`, `1.5s`,
  /// `100ms`.
  public static String format(Duration duration) {
    if (duration.isZero()) {
      return "0s";
    }
    String sign = duration.isNegative() ? "-" : "";
    Duration size = duration.abs();
    if (size.compareTo(Duration.ofSeconds(1)) < 0) {
      return sign + belowOneSecond(size.toNanos());
    }
    StringBuilder text = new StringBuilder(sign);
    if (size.toHours() > 0) {
      text.append(size.toHours()).append('h');
    }
    if (size.toMinutes() > 0) {
      text.append(size.toMinutesPart()).append('m');
    }
    BigInteger nanos =
        BigInteger.valueOf(size.toSecondsPart())
            .multiply(BigInteger.valueOf(1_000_000_000L))
            .add(BigInteger.valueOf(size.toNanosPart()));
    return text.append(plain(new BigDecimal(nanos, 9))).append('s').toString();
  }

  private static String belowOneSecond(long nanos) {
    if (nanos >= 1_000_000) {
      return plain(BigDecimal.valueOf(nanos, 6)) + "ms";
    }
    return nanos >= 1_000 ? plain(BigDecimal.valueOf(nanos, 3)) + "µs" : nanos + "ns";
  }

  private static String plain(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }
}
