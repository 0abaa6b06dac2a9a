package io.kvorum.server.config;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Turns the auto-compaction flags into a [MemberConfig.AutoCompaction]. A retention is a number of
/// hours or a duration in mode `periodic`, and a number of revisions in mode `revision`; 0 is off.
final class CompactionRules {
  /// Samples are taken ten times per period, and the clock ticks that often in a second.
  private static final Duration SHORTEST_PERIOD = Duration.ofSeconds(1);

  /// What fits 2^63-1 ns.
  private static final long MAX_HOURS = Duration.ofNanos(Long.MAX_VALUE).toHours();

  private CompactionRules() {}

  static MemberConfig.AutoCompaction read(Settings settings, List<Notice> notices) throws Refusal {
    String mode = settings.text("auto-compaction-mode");
    String retention = settings.text("auto-compaction-retention");
    if (!mode.equals("periodic") && !mode.equals("revision") && !mode.isEmpty()) {
      throw Refusal.invalid("unknown auto-compaction-mode \"" + mode + "\"");
    }
    Optional<BigInteger> plain = FlagKind.integer(retention);
    if (plain.isPresent() && plain.get().signum() < 0) {
      throw unreadable("negative: " + retention);
    }
    if (plain.isPresent() && plain.get().signum() == 0) {
      return new MemberConfig.AutoCompaction.Off();
    }
    return mode.equals("revision")
        ? revisions(plain, retention)
        : periodic(plain, retention, notices);
  }

  private static MemberConfig.AutoCompaction revisions(Optional<BigInteger> plain, String retention)
      throws Refusal {
    return new MemberConfig.AutoCompaction.Revisions(
        plain
            .filter(number -> fits(number, Long.MAX_VALUE))
            .map(BigInteger::longValue)
            .orElseThrow(() -> unreadable("not a number of revisions: " + retention)));
  }

  private static MemberConfig.AutoCompaction periodic(
      Optional<BigInteger> plain, String retention, List<Notice> notices) throws Refusal {
    Duration period =
        plain
            .filter(hours -> fits(hours, MAX_HOURS))
            .map(hours -> Duration.ofHours(hours.longValue()))
            .or(() -> GoDuration.parse(retention))
            .filter(duration -> !duration.isNegative())
            .orElseThrow(() -> unreadable("time: invalid duration \"" + retention + "\""));
    if (period.isZero()) {
      return new MemberConfig.AutoCompaction.Off();
    }
    if (period.compareTo(SHORTEST_PERIOD) < 0) {
      notices.add(
          Notice.warn(
              "set auto compaction retention to minimum period",
              Notice.field("minimum", GoDuration.format(SHORTEST_PERIOD))));
      return new MemberConfig.AutoCompaction.Periodic(SHORTEST_PERIOD);
    }
    return new MemberConfig.AutoCompaction.Periodic(period);
  }

  private static boolean fits(BigInteger number, long most) {
    return number.compareTo(BigInteger.valueOf(most)) <= 0;
  }

  private static Refusal unreadable(String reason) {
    return Refusal.invalid("error parsing CompactionRetention: " + reason);
  }
}
