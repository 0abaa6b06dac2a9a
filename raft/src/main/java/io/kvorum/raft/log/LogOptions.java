package io.kvorum.raft.log;

import io.kvorum.invariant.Invariant;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/// How a log behaves; what it contains does not depend on any of it.
///
/// @param segmentBytes capacity of an ordinary segment; larger only for a larger batch
/// @param firstSegmentBytes capacity of the first segment and of those that recovery makes: small,
///   because they are zero-filled before the member can serve
/// @param reserveBytes size of the ballast that is given up when the disk is full (W11)
/// @param minimumFreeBytes below this much free space the log reports [LogSpace#LOW]
/// @param sync whether durable means synced
/// @param background runs the preparation of the next segment
/// @param nanoClock measures syncs
/// @param listener told about syncs
public record LogOptions(
    int segmentBytes,
    int firstSegmentBytes,
    int reserveBytes,
    long minimumFreeBytes,
    Sync sync,
    Executor background,
    LongSupplier nanoClock,
    DiskListener listener) {
  private static final int MIB = 1 << 20;
  private static final int SMALLEST_SEGMENT_BYTES = 4096;

  /// What durable means.
  public enum Sync {
    /// Every batch is synced before it counts.
    ALWAYS,
    /// Nothing is ever synced (`--unsafe-no-fsync`): a power failure may lose anything.
    NEVER
  }

  /// Hears of what the disk does, on the thread `log`.
  @FunctionalInterface
  public interface DiskListener {
    /// A sync of a batch took this long.
    void synced(long durationNanos);

    /// The operating system took these bytes in this time.
    default void written(long bytes, long durationNanos) {}
  }

  public LogOptions {
    Invariant.check(
        segmentBytes >= SMALLEST_SEGMENT_BYTES && segmentBytes % 512 == 0,
        "segments of %d bytes",
        segmentBytes);
    Invariant.check(
        firstSegmentBytes >= SMALLEST_SEGMENT_BYTES && firstSegmentBytes % 512 == 0,
        "first segment of %d bytes",
        firstSegmentBytes);
    Invariant.check(
        reserveBytes >= SMALLEST_SEGMENT_BYTES && reserveBytes % 512 == 0,
        "a reserve of %d bytes",
        reserveBytes);
  }

  /// 64 MiB segments, every batch synced, preparation on a thread of its own.
  public static LogOptions defaults(LongSupplier nanoClock) {
    return new LogOptions(
        64 * MIB,
        MIB,
        4 * MIB,
        128L * MIB,
        Sync.ALWAYS,
        task -> Thread.ofPlatform().name("log-spare").daemon().start(task),
        nanoClock,
        _ -> {});
  }

  public LogOptions withSegmentBytes(int bytes) {
    return new LogOptions(
        bytes,
        Math.min(bytes, firstSegmentBytes),
        Math.min(bytes, reserveBytes),
        minimumFreeBytes,
        sync,
        background,
        nanoClock,
        listener);
  }

  public LogOptions withSync(Sync mode) {
    return with(mode, background, nanoClock, listener);
  }

  public LogOptions withBackground(Executor executor) {
    return with(sync, executor, nanoClock, listener);
  }

  public LogOptions withNanoClock(LongSupplier clock) {
    return with(sync, background, clock, listener);
  }

  public LogOptions withListener(DiskListener diskListener) {
    return with(sync, background, nanoClock, diskListener);
  }

  private LogOptions with(
      Sync mode, Executor executor, LongSupplier clock, DiskListener diskListener) {
    return new LogOptions(
        segmentBytes,
        firstSegmentBytes,
        reserveBytes,
        minimumFreeBytes,
        mode,
        executor,
        clock,
        diskListener);
  }
}
