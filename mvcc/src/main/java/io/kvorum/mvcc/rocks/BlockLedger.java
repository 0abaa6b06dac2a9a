package io.kvorum.mvcc.rocks;

import io.kvorum.invariant.Invariant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps the block counters while keys come and go, in memory and in the family `count`, in the
/// same batch as the keys (N1). Owned by the thread `apply`.
///
/// Splits and merges depend on nothing but the sequence of creates and deletes, so all members have
/// the same fences.
public final class BlockLedger {
  /// Keys a block is meant to hold. Part of the format: members must agree on it.
  public static final int TARGET = 512;

  private static final byte[] FIRST_FENCE = {};
  private static final int LOADED_CHUNK_BLOCKS = 64;

  private final StateBatch batch;
  private final int target;
  private List<BlockChunk> chunks;
  private BlockCounts published;
  private boolean changed;

  /// Loads the counters that `batch` sees.
  public BlockLedger(StateBatch batch, int target) {
    this.batch = batch;
    this.target = target;
    this.chunks = load(batch);
    this.published = share(chunks);
  }

  private static List<BlockChunk> load(StateView view) {
    List<BlockChunk> chunks = new ArrayList<>();
    BlockChunk current = BlockChunk.empty();
    try (RowCursor rows = view.scan(Family.COUNT, FIRST_FENCE, null)) {
      while (rows.isValid()) {
        if (current.size() == LOADED_CHUNK_BLOCKS) {
          chunks.add(current);
          current = BlockChunk.empty();
        }
        current.insert(current.size(), rows.key(), parseCount(rows.value()));
        rows.next();
      }
    }
    if (current.size() == 0 && chunks.isEmpty()) {
      current.insert(0, FIRST_FENCE, 0);
    }
    if (current.size() > 0) {
      chunks.add(current);
    }
    return chunks;
  }

  private static int parseCount(byte[] value) {
    ByteReader in = new ByteReader(value, 0, value.length);
    int count = in.varint31();
    in.expectEnd();
    return count;
  }

  /// Counts a key that `latest` now holds and did not before.
  public void created(byte[] key) {
    int chunk = chunkOf(key);
    BlockChunk blocks = writable(chunk);
    int block = blocks.blockOf(key);
    blocks.add(block, 1);
    if (blocks.count(block) > 2 * target) {
      split(chunk, block);
    } else {
      store(blocks, block);
    }
  }

  /// Counts a key that `latest` held and does not any more.
  public void removed(byte[] key) {
    int chunk = chunkOf(key);
    BlockChunk blocks = writable(chunk);
    int block = blocks.blockOf(key);
    blocks.add(block, -1);
    int left = blocks.count(block);
    Invariant.check(left >= 0, "a block of %d keys", left);
    if (left > target / 2 || !mergeLeft(chunk, block)) {
      store(blocks, block);
    }
  }

  private void split(int chunk, int block) {
    BlockChunk blocks = writable(chunk);
    int total = blocks.count(block);
    int left = total / 2;
    byte[] median = medianKey(blocks.fence(block), fenceAfter(chunk, block), left, total);
    blocks.add(block, left - total);
    blocks.insert(block + 1, median, total - left);
    store(blocks, block);
    store(blocks, block + 1);
    if (blocks.size() > BlockChunk.MAX_BLOCKS) {
      int half = blocks.size() / 2;
      chunks.set(chunk, blocks.part(0, half));
      chunks.add(chunk + 1, blocks.part(half, blocks.size()));
    }
  }

  /// The key at position `position` of a block, which must hold exactly `total` keys.
  private byte[] medianKey(byte[] fence, byte @Nullable [] end, int position, int total) {
    byte[] median = FIRST_FENCE;
    int found = 0;
    try (RowCursor rows = batch.scan(Family.LATEST, fence, end)) {
      while (rows.isValid()) {
        if (found == position) {
          median = rows.key();
        }
        found++;
        rows.next();
      }
    }
    Invariant.check(found == total, "a block counted %d keys and holds %d", total, found);
    return median;
  }

  /// Merges a small block into its left neighbour if there is one and it has room.
  private boolean mergeLeft(int chunk, int block) {
    int leftChunk = block > 0 ? chunk : chunk - 1;
    if (leftChunk < 0) {
      return false;
    }
    BlockChunk blocks = writable(chunk);
    int leftBlock = block > 0 ? block - 1 : chunks.get(leftChunk).size() - 1;
    int count = blocks.count(block);
    if (count > 0 && chunks.get(leftChunk).count(leftBlock) + count > target) {
      return false;
    }
    BlockChunk left = writable(leftChunk);
    left.add(leftBlock, count);
    store(left, leftBlock);
    batch.remove(Family.COUNT, blocks.fence(block));
    blocks.remove(block);
    if (blocks.size() == 0) {
      chunks.remove(chunk);
    }
    return true;
  }

  private void store(BlockChunk blocks, int block) {
    int count = blocks.count(block);
    ByteWriter out = new ByteWriter(ByteWriter.varintSize(count));
    out.varint(count);
    batch.put(Family.COUNT, blocks.fence(block), out.filled());
  }

  private byte @Nullable [] fenceAfter(int chunk, int block) {
    BlockChunk blocks = chunks.get(chunk);
    if (block + 1 < blocks.size()) {
      return blocks.fence(block + 1);
    }
    return chunk + 1 < chunks.size() ? chunks.get(chunk + 1).fence(0) : null;
  }

  private int chunkOf(byte[] key) {
    int low = 0;
    int high = chunks.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(chunks.get(middle).fence(0), key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  private BlockChunk writable(int chunk) {
    changed = true;
    BlockChunk blocks = chunks.get(chunk);
    if (!blocks.isShared()) {
      return blocks;
    }
    BlockChunk own = blocks.copy();
    chunks.set(chunk, own);
    return own;
  }

  /// The counts as of now, for the owner's own reads inside a batch. Not to be kept.
  public BlockCounts current() {
    return changed ? new BlockCounts(chunks) : published;
  }

  /// The counts as of now, unchanged by what comes later.
  public BlockCounts publish() {
    if (changed) {
      published = share(chunks);
      changed = false;
    }
    return published;
  }

  private static BlockCounts share(List<BlockChunk> chunks) {
    for (BlockChunk chunk : chunks) {
      chunk.share();
    }
    return new BlockCounts(chunks);
  }

  /// Returns to the counts last published.
  public void revert() {
    if (changed) {
      chunks = new ArrayList<>(List.of(published.chunks()));
      changed = false;
    }
  }
}
