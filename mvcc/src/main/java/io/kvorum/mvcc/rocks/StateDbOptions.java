package io.kvorum.mvcc.rocks;

import io.kvorum.invariant.Invariant;
import java.nio.file.Path;

/// What a [StateDb] needs to know about its surroundings.
///
/// @param nativeBudgetBytes native memory for block cache, index and filter blocks and memtables
///   together; a third of it is the most that memtables may take
/// @param nativeLibraryDirectory where RocksDB's native library is unpacked
public record StateDbOptions(long nativeBudgetBytes, Path nativeLibraryDirectory) {
  private static final long MIN_NATIVE_BUDGET_BYTES = 16 << 20;

  public StateDbOptions {
    Invariant.check(
        nativeBudgetBytes >= MIN_NATIVE_BUDGET_BYTES,
        "native budget of %d bytes is below %d",
        nativeBudgetBytes,
        MIN_NATIVE_BUDGET_BYTES);
  }
}
