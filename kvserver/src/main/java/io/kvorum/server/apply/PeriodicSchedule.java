package io.kvorum.server.apply;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/// Keeps the history of the last period: the revision is sampled ten times per hour or period,
/// whichever is shorter, and once a period has passed history is compacted at the oldest sample
/// kept, every hour or period.
public final class PeriodicSchedule implements CompactionSchedule {
  private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);
  private static final int SAMPLES_PER_INTERVAL = 10;

  private final long intervalNanos;
  private final long sampleNanos;
  private final long maxSamples;
  private final Deque<Long> samples = new ArrayDeque<>();
  private long waitNanos;
  private long lastSuccessNanos;
  private long nextSampleNanos;
  private OptionalLong lastRevision = OptionalLong.empty();

  /// @param period how much history is kept; at most what fits 10 samples per hour in memory, so
  ///   any realistic one
  public PeriodicSchedule(Duration period, long nowNanos) {
    if (period.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("history of " + period);
    }
    Duration interval = period.compareTo(LONGEST_INTERVAL) < 0 ? period : LONGEST_INTERVAL;
    this.intervalNanos = interval.toNanos();
    this.sampleNanos = intervalNanos / SAMPLES_PER_INTERVAL;
    this.maxSamples = period.toNanos() / sampleNanos + 1;
    this.waitNanos = period.toNanos();
    this.lastSuccessNanos = nowNanos;
    this.nextSampleNanos = nowNanos;
  }

  @Override
  public OptionalLong due(long nowNanos, long head) {
    if (nowNanos - nextSampleNanos < 0) {
      return OptionalLong.empty();
    }
    OptionalLong due = dueOfSamples(nowNanos);
    nextSampleNanos = nowNanos + sampleNanos;
    samples.addLast(head);
    if (samples.size() > maxSamples) {
      samples.removeFirst();
    }
    return due;
  }

  private OptionalLong dueOfSamples(long nowNanos) {
    if (samples.isEmpty() || nowNanos - lastSuccessNanos < waitNanos) {
      return OptionalLong.empty();
    }
    OptionalLong oldest = OptionalLong.of(samples.getFirst());
    return oldest.equals(lastRevision) ? OptionalLong.empty() : oldest;
  }

  @Override
  public void succeeded(long revision, long nowNanos) {
    lastRevision = OptionalLong.of(revision);
    lastSuccessNanos = nowNanos;
    waitNanos = intervalNanos;
  }

  @Override
  public String mode() {
    return "periodic";
  }
}
