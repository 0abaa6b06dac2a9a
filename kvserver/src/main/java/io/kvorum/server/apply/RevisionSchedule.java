package io.kvorum.server.apply;

import java.time.Duration;
import java.util.OptionalLong;

/// Keeps the last so many revisions: looks every five minutes.
public final class RevisionSchedule implements CompactionSchedule {
  private static final long INTERVAL_NANOS = Duration.ofMinutes(5).toNanos();

  private final long keptRevisions;
  private long nextLookNanos;
  private long lastRevision;

  /// @param keptRevisions how many revisions below the newest stay
  public RevisionSchedule(long keptRevisions, long nowNanos) {
    if (keptRevisions < 1) {
      throw new IllegalArgumentException("history of " + keptRevisions + " revisions");
    }
    this.keptRevisions = keptRevisions;
    this.nextLookNanos = nowNanos + INTERVAL_NANOS;
  }

  @Override
  public OptionalLong due(long nowNanos, long head) {
    if (nowNanos - nextLookNanos < 0) {
      return OptionalLong.empty();
    }
    nextLookNanos = nowNanos + INTERVAL_NANOS;
    long revision = head - keptRevisions;
    return revision > 0 && revision != lastRevision
        ? OptionalLong.of(revision)
        : OptionalLong.empty();
  }

  @Override
  public void succeeded(long revision, long nowNanos) {
    lastRevision = revision;
  }

  @Override
  public String mode() {
    return "revision";
  }
}
