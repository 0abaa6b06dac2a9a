package io.kvorum.server.propose;

import java.util.concurrent.atomic.AtomicLong;

/// How far applying lags behind committing, in bytes and age (raft.md B3).
///
/// Told by the threads `raft` (committed) and `apply` (applied); read by any thread.
public final class ApplyBacklog {
  private static final long EMPTY = Long.MIN_VALUE;

  private final AtomicLong bytes = new AtomicLong();
  private volatile long oldestNanos = EMPTY;

  /// Entries were committed and wait to be applied.
  public void committed(long entryBytes, long nowNanos) {
    bytes.addAndGet(entryBytes);
    if (oldestNanos == EMPTY) {
      oldestNanos = nowNanos;
    }
  }

  /// Entries were applied, and others still wait, the oldest of them since `oldestNanos`.
  public void applied(long entryBytes, long oldestWaitingNanos) {
    bytes.addAndGet(-entryBytes);
    oldestNanos = oldestWaitingNanos;
  }

  /// Entries were applied, and none waits.
  public void drained(long entryBytes) {
    bytes.addAndGet(-entryBytes);
    oldestNanos = EMPTY;
  }

  /// Bytes committed and not yet applied.
  public long bytes() {
    return bytes.get();
  }

  /// How long the oldest waiting entry has waited; 0 if none waits.
  public long ageNanos(long nowNanos) {
    long oldest = oldestNanos;
    return oldest == EMPTY ? 0 : Math.max(0, nowNanos - oldest);
  }
}
