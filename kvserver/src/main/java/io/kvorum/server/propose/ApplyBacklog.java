package io.kvorum.server.propose;

import java.util.concurrent.atomic.AtomicLong;

/// How far applying lags behind committing, in bytes and age (raft.md B3).
///
/// Told by the threads `raft` (committed) and `apply` (the rest); read by any thread.
public final class ApplyBacklog {
  private static final long IDLE = Long.MIN_VALUE;

  private final AtomicLong bytes = new AtomicLong();
  private volatile long oldestNanos = IDLE;

  /// Entries were committed and wait to be applied.
  public void committed(long entryBytes) {
    bytes.addAndGet(entryBytes);
  }

  /// The applier begins with entries, the oldest of which has waited since `arrivedNanos`.
  public void begun(long arrivedNanos) {
    oldestNanos = arrivedNanos;
  }

  /// Entries were applied.
  public void applied(long entryBytes) {
    bytes.addAndGet(-entryBytes);
  }

  /// The applier has applied everything it had begun with.
  public void idle() {
    oldestNanos = IDLE;
  }

  /// Bytes committed and not yet applied.
  public long bytes() {
    return bytes.get();
  }

  /// How long the oldest entry the applier works on has waited; 0 if it waits for work.
  public long ageNanos(long nowNanos) {
    long oldest = oldestNanos;
    return oldest == IDLE ? 0 : Math.max(0, nowNanos - oldest);
  }
}
