package io.kvorum.raft.snapshot;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/// Keeps several streams together below a rate: each waits until what was sent before it has had
/// its time. Any thread.
final class Pace {
  private final long bytesPerSecond;
  private final LongSupplier nanoClock;
  private final AtomicLong freeAtNanos;

  Pace(long bytesPerSecond, LongSupplier nanoClock) {
    this.bytesPerSecond = bytesPerSecond;
    this.nanoClock = nanoClock;
    this.freeAtNanos = new AtomicLong(nanoClock.getAsLong());
  }

  /// Waits until as many bytes may be sent.
  void await(int bytes) {
    long startNanos = reserve(bytes);
    for (long left = startNanos - nanoClock.getAsLong();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = startNanos - nanoClock.getAsLong()) {
      LockSupport.parkNanos(this, left);
    }
  }

  /// Takes the next place in line; returns when it begins. Time that nobody used is lost, so there
  /// are no bursts.
  long reserve(int bytes) {
    long nowNanos = nanoClock.getAsLong();
    long costNanos = TimeUnit.SECONDS.toNanos(bytes) / bytesPerSecond;
    long endNanos =
        freeAtNanos.updateAndGet(free -> (free - nowNanos > 0 ? free : nowNanos) + costNanos);
    return endNanos - costNanos;
  }
}
