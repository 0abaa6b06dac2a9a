package io.kvorum.mvcc.rocks;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How many live keys each block of the key space holds, at one published state (mvcc.md §9).
///
/// Immutable, two levels: chunks with their sums, blocks with their counts. Counting a range adds
/// up whole chunks and blocks and scans the keys of at most two blocks.
public final class BlockCounts {
  private final BlockChunk[] chunks;

  BlockCounts(List<BlockChunk> chunks) {
    this.chunks = chunks.toArray(BlockChunk[]::new);
  }

  BlockChunk[] chunks() {
    return chunks.clone();
  }

  /// Live keys in `[from, end)`; `view` must show the same state as these counts (N2).
  public long count(StateView view, byte[] from, byte @Nullable [] end) {
    if (!KeyLayout.isBefore(from, end)) {
      return 0;
    }
    int chunk = chunkOf(from);
    int block = chunks[chunk].blockOf(from);
    long count = 0;
    if (!Arrays.equals(chunks[chunk].fence(block), from)) {
      byte[] next = fenceAfter(chunk, block);
      if (next == null || !KeyLayout.isBefore(next, end)) {
        return scan(view, from, end);
      }
      count += scan(view, from, next);
      block++;
    }
    return count + countFromFence(view, chunk, block, end);
  }

  /// Counts from the start of a block, which may be one past the last of its chunk, to `end`.
  private long countFromFence(StateView view, int atChunk, int atBlock, byte @Nullable [] end) {
    long count = 0;
    int block = atBlock;
    for (int chunk = atChunk; chunk < chunks.length; chunk++) {
      BlockChunk blocks = chunks[chunk];
      if (block == 0 && endsWithin(fenceAfter(chunk, blocks.size() - 1), end)) {
        count += blocks.sum();
        continue;
      }
      for (; block < blocks.size(); block++) {
        if (!KeyLayout.isBefore(blocks.fence(block), end)) {
          return count;
        }
        if (!endsWithin(fenceAfter(chunk, block), end)) {
          return count + scan(view, blocks.fence(block), end);
        }
        count += blocks.count(block);
      }
      block = 0;
    }
    return count;
  }

  /// Whether blocks up to the exclusive `fence` lie wholly below `end`; `null` is no bound.
  private static boolean endsWithin(byte @Nullable [] fence, byte @Nullable [] end) {
    return end == null || (fence != null && Arrays.compareUnsigned(fence, end) <= 0);
  }

  private byte @Nullable [] fenceAfter(int chunk, int block) {
    if (block + 1 < chunks[chunk].size()) {
      return chunks[chunk].fence(block + 1);
    }
    return chunk + 1 < chunks.length ? chunks[chunk + 1].fence(0) : null;
  }

  private int chunkOf(byte[] key) {
    int low = 0;
    int high = chunks.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(chunks[middle].fence(0), key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  private static long scan(StateView view, byte[] from, byte @Nullable [] end) {
    long count = 0;
    try (RowCursor rows = view.scan(Family.LATEST, from, end)) {
      while (rows.isValid()) {
        count++;
        rows.next();
      }
    }
    return count;
  }
}
