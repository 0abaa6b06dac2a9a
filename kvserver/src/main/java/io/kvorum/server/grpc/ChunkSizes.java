package io.kvorum.server.grpc;

/// How many keys the next chunk of a range stream takes: few at first, so that the client sees
/// something soon, then what comes near the target size (`api.md` §3.1). Used by one thread.
final class ChunkSizes {
  private static final int FIRST_KEYS = 10;
  private static final int MAX_KEYS = 1 << 20;

  private final int targetBytes;
  private int keys = FIRST_KEYS;

  ChunkSizes(int targetBytes) {
    this.targetBytes = targetBytes;
  }

  int nextKeys() {
    return keys;
  }

  /// A chunk ends with the key that exceeds this, however many keys it may still take: values can
  /// be small for a long time and large then.
  long maxChunkBytes() {
    return 2L * targetBytes;
  }

  /// Learns from a chunk that was cut by its number of keys or by its bytes.
  void chunkWas(long bytes) {
    if (bytes < targetBytes) {
      keys = Math.min(2 * keys, MAX_KEYS);
    } else if (bytes > maxChunkBytes()) {
      keys = Math.max(1, keys / 2);
    }
  }
}
