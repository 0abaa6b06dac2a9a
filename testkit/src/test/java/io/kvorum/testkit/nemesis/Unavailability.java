package io.kvorum.testkit.nemesis;

import java.time.Duration;
import java.util.List;

/// How long no write was acknowledged.
///
/// @param total all gaps of a second and more together
record Unavailability(Duration total, Duration longest) {
  private static final long GAP_NANOS = Duration.ofSeconds(1).toNanos();

  /// @param writesNanos when writes were acknowledged, in order
  static Unavailability between(long startNanos, long endNanos, List<Long> writesNanos) {
    long total = 0;
    long longest = 0;
    long before = startNanos;
    for (int i = 0; i <= writesNanos.size(); i++) {
      long next = i < writesNanos.size() ? writesNanos.get(i) : endNanos;
      long gap = next - before;
      longest = Math.max(longest, gap);
      total += gap >= GAP_NANOS ? gap : 0;
      before = next;
    }
    return new Unavailability(Duration.ofNanos(total), Duration.ofNanos(longest));
  }
}
