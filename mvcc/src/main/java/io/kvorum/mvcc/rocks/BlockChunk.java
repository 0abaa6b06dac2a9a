package io.kvorum.mvcc.rocks;

import java.util.Arrays;

/// Some neighbouring blocks with their sum. Changed only while not shared: once published it is
/// immutable, and the ledger works on a copy (N3).
final class BlockChunk {
  /// A chunk beyond this many blocks is split in two.
  static final int MAX_BLOCKS = 128;

  private byte[][] fences;
  private int[] counts;
  private int size;
  private long sum;
  private boolean shared;

  private BlockChunk(byte[][] fences, int[] counts, int size) {
    this.fences = fences;
    this.counts = counts;
    this.size = size;
    for (int block = 0; block < size; block++) {
      sum += counts[block];
    }
  }

  static BlockChunk empty() {
    return new BlockChunk(new byte[4][], new int[4], 0);
  }

  BlockChunk copy() {
    return part(0, size);
  }

  BlockChunk part(int from, int to) {
    return new BlockChunk(
        Arrays.copyOfRange(fences, from, to), Arrays.copyOfRange(counts, from, to), to - from);
  }

  int size() {
    return size;
  }

  long sum() {
    return sum;
  }

  byte[] fence(int block) {
    return fences[block];
  }

  int count(int block) {
    return counts[block];
  }

  boolean isShared() {
    return shared;
  }

  void share() {
    shared = true;
  }

  /// The last block whose fence is not after `key`; −1 if all are.
  int blockOf(byte[] key) {
    int low = 0;
    int high = size - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(fences[middle], key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  void add(int block, int keys) {
    counts[block] += keys;
    sum += keys;
  }

  void insert(int block, byte[] fence, int count) {
    if (size == fences.length) {
      int capacity = 2 * size;
      fences = Arrays.copyOf(fences, capacity);
      counts = Arrays.copyOf(counts, capacity);
    }
    System.arraycopy(fences, block, fences, block + 1, size - block);
    System.arraycopy(counts, block, counts, block + 1, size - block);
    fences[block] = fence;
    counts[block] = count;
    sum += count;
    size++;
  }

  void remove(int block) {
    sum -= counts[block];
    size--;
    System.arraycopy(fences, block + 1, fences, block, size - block);
    System.arraycopy(counts, block + 1, counts, block, size - block);
    fences[size] = new byte[0];
  }
}
