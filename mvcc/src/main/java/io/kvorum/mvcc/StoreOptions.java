package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.BlockLedger;
import java.nio.file.Path;

/// Limits and places of a [MvccStore]. They change speed and memory, never an answer.
///
/// @param nativeBudgetBytes native memory for block cache and memtables together
/// @param flushBytes written bytes after which the state is flushed, so that the Raft log can drop
///   its prefix and a restart has little to replay
/// @param newestCacheBytes heap for newest records of hot keys, which spare a put its point read
/// @param earlyHistoryBytes history of one batch beyond which its rows are written ahead (W3)
/// @param nativeLibraryDirectory where RocksDB's native library is unpacked
/// @param blockTarget keys per counted block; part of the format, other values are for tests
public record StoreOptions(
    long nativeBudgetBytes,
    long flushBytes,
    long newestCacheBytes,
    long earlyHistoryBytes,
    Path nativeLibraryDirectory,
    int blockTarget) {
  private static final long NATIVE_BUDGET_BYTES = 256L << 20;
  private static final long FLUSH_BYTES = 24L << 20;
  private static final long NEWEST_CACHE_BYTES = 16L << 20;
  private static final long EARLY_HISTORY_BYTES = 16L << 20;

  public static StoreOptions defaults() {
    return new StoreOptions(
        NATIVE_BUDGET_BYTES,
        FLUSH_BYTES,
        NEWEST_CACHE_BYTES,
        EARLY_HISTORY_BYTES,
        Path.of(System.getProperty("java.io.tmpdir")),
        BlockLedger.TARGET);
  }

  public StoreOptions withNativeBudgetBytes(long bytes) {
    return new StoreOptions(
        bytes,
        flushBytes,
        newestCacheBytes,
        earlyHistoryBytes,
        nativeLibraryDirectory,
        blockTarget);
  }

  public StoreOptions withFlushBytes(long bytes) {
    return new StoreOptions(
        nativeBudgetBytes,
        bytes,
        newestCacheBytes,
        earlyHistoryBytes,
        nativeLibraryDirectory,
        blockTarget);
  }

  public StoreOptions withNewestCacheBytes(long bytes) {
    return new StoreOptions(
        nativeBudgetBytes,
        flushBytes,
        bytes,
        earlyHistoryBytes,
        nativeLibraryDirectory,
        blockTarget);
  }

  public StoreOptions withNativeLibraryDirectory(Path directory) {
    return new StoreOptions(
        nativeBudgetBytes, flushBytes, newestCacheBytes, earlyHistoryBytes, directory, blockTarget);
  }

  StoreOptions withEarlyHistoryBytes(long bytes) {
    return new StoreOptions(
        nativeBudgetBytes,
        flushBytes,
        newestCacheBytes,
        bytes,
        nativeLibraryDirectory,
        blockTarget);
  }

  StoreOptions withBlockTarget(int keys) {
    return new StoreOptions(
        nativeBudgetBytes,
        flushBytes,
        newestCacheBytes,
        earlyHistoryBytes,
        nativeLibraryDirectory,
        keys);
  }
}
