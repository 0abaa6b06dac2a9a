package io.kvorum.raft.log;

import io.kvorum.invariant.Invariant;
import java.util.Arrays;

/// Where entries are on disk: a sparse list of frames, each with the first entry to be found there.
///
/// Written by the thread `log` only. Readers take a [View]: the arrays only grow behind the end
/// that a view knows, and whatever changes earlier slots copies the arrays first, so a view stays
/// true (of the moment it was published) without a lock.
///
/// Slot k covers the entries from its first index up to that of slot k+1, and reading forward from
/// its frame meets each of them once and in order: a truncation always starts a slot of its own.
final class EntryIndex {
  /// A new slot is worth its 20 bytes only this far from the one before.
  private static final int STRIDE_BYTES = 16 << 10;

  private static final int INITIAL_SLOTS = 64;

  private long[] firsts = new long[INITIAL_SLOTS];
  private long[] segments = new long[INITIAL_SLOTS];
  private int[] offsets = new int[INITIAL_SLOTS];
  private int from;
  private int to;
  private long lastIndex;
  private volatile View published = new View(firsts, segments, offsets, 0, 0, 1, 0);

  /// Notes that the frame at this place begins with the entry `first` and ends with `last`. Entries
  /// from `first` on that were noted before no longer stand.
  void note(FrameAt frame, long first, long last) {
    boolean truncates = to > from && first <= lastIndex;
    if (truncates) {
      truncateFrom(first);
    }
    boolean isNear =
        !truncates
            && to > from
            && segments[to - 1] == frame.segment()
            && frame.offset() - offsets[to - 1] < STRIDE_BYTES;
    if (!isNear) {
      push(frame, first);
    }
    lastIndex = last;
  }

  /// Forgets all entries; the next one noted may have any index.
  void clear() {
    copyWith(0, 0, INITIAL_SLOTS);
  }

  /// Forgets what lies in segments below `segment`.
  void dropSegmentsBelow(long segment) {
    int keep = from;
    while (keep < to && segments[keep] < segment) {
      keep++;
    }
    if (keep > from) {
      copyWith(keep, to - keep, Math.max(INITIAL_SLOTS, to - keep));
    }
  }

  /// Lets readers see everything noted so far as the entries `[firstIndex, lastIndex]`.
  void publish(long firstIndex, long upToIndex) {
    published = new View(firsts, segments, offsets, from, to, firstIndex, upToIndex);
  }

  /// The entries readers may ask for. Any thread.
  View view() {
    return published;
  }

  private void truncateFrom(long index) {
    int keep = to;
    while (keep > from && firsts[keep - 1] >= index) {
      keep--;
    }
    copyWith(from, keep - from, firsts.length);
  }

  private void push(FrameAt frame, long first) {
    if (to == firsts.length) {
      copyWith(from, to - from, 2 * firsts.length);
    }
    firsts[to] = first;
    segments[to] = frame.segment();
    offsets[to] = frame.offset();
    to++;
  }

  private void copyWith(int start, int count, int capacity) {
    firsts = Arrays.copyOf(Arrays.copyOfRange(firsts, start, start + count), capacity);
    segments = Arrays.copyOf(Arrays.copyOfRange(segments, start, start + count), capacity);
    offsets = Arrays.copyOf(Arrays.copyOfRange(offsets, start, start + count), capacity);
    from = 0;
    to = count;
  }

  /// A place on disk.
  record FrameAt(long segment, int offset) {}

  /// What readers may rely on: immutable, although it shares arrays with the writer.
  static final class View {
    private final long[] firsts;
    private final long[] segments;
    private final int[] offsets;
    private final int from;
    private final int to;
    private final long firstIndex;
    private final long lastIndex;

    private View(
        long[] firsts,
        long[] segments,
        int[] offsets,
        int from,
        int to,
        long firstIndex,
        long lastIndex) {
      this.firsts = firsts;
      this.segments = segments;
      this.offsets = offsets;
      this.from = from;
      this.to = to;
      this.firstIndex = firstIndex;
      this.lastIndex = lastIndex;
    }

    long firstIndex() {
      return firstIndex;
    }

    long lastIndex() {
      return lastIndex;
    }

    /// The slot that covers an entry of the log.
    int slotOf(long index) {
      int found = Arrays.binarySearch(firsts, from, to, index);
      int slot = found >= 0 ? found : -found - 2;
      Invariant.check(slot >= from, "no slot covers entry %d", index);
      return slot;
    }

    FrameAt frame(int slot) {
      return new FrameAt(segments[slot], offsets[slot]);
    }

    /// The first index the slot does not cover.
    long endOf(int slot) {
      return slot + 1 < to ? firsts[slot + 1] : lastIndex + 1;
    }
  }
}
