package io.kvorum.mvcc;

/// What becomes of the blocks that a read brings into the block cache.
enum Caching {
  /// They stay, for the next read of the same keys.
  KEPT,
  /// They go: a pass over much data would fill the cache with what nobody reads again.
  PASSED
}
