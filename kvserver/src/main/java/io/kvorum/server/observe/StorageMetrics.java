package io.kvorum.server.observe;

import io.kvorum.raft.log.LogOptions;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// Times what the disk does for the log, and the rewriting of the store. Safe for any thread.
final class StorageMetrics implements LogOptions.DiskListener {
  private final LongAdder walBytes = new LongAdder();
  private final AtomicInteger defragmenting = new AtomicInteger();
  private final Timer walSync;
  private final Timer walWrite;
  private final Timer defragmentation;

  StorageMetrics(Meters meters) {
    walSync =
        meters.histogram(
            "etcd_disk_wal_fsync_duration_seconds",
            "Seconds a sync of the log takes.",
            Meters.doubling(Duration.ofMillis(1), 14));
    walWrite =
        meters.histogram(
            "etcd_disk_wal_write_duration_seconds",
            "Seconds a write to the log takes.",
            Meters.doubling(Duration.ofMillis(1), 14));
    defragmentation =
        meters.histogram(
            "etcd_disk_backend_defrag_duration_seconds",
            "Seconds a rewriting of the store's files takes.",
            Meters.doubling(Duration.ofMillis(100), 13));
    meters.gauge(
        "etcd_disk_wal_write_bytes_total",
        "Bytes written to the log since the start.",
        walBytes::sum);
    meters.gauge(
        "etcd_disk_defrag_inflight",
        "1 while the store's files are being rewritten.",
        defragmenting::get);
  }

  @Override
  public void synced(long durationNanos) {
    walSync.record(durationNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void written(long bytes, long durationNanos) {
    walBytes.add(bytes);
    walWrite.record(durationNanos, TimeUnit.NANOSECONDS);
  }

  Runnable timed(Runnable rewriting, LongSupplier nanoClock) {
    return () -> {
      long startNanos = nanoClock.getAsLong();
      defragmenting.incrementAndGet();
      try {
        rewriting.run();
      } finally {
        defragmenting.decrementAndGet();
        defragmentation.record(nanoClock.getAsLong() - startNanos, TimeUnit.NANOSECONDS);
      }
    };
  }
}
