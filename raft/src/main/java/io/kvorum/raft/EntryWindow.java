package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The newest entries of the log with their payloads: a ring that is appended to and truncated at
/// the one end and evicted from at the other.
final class EntryWindow {
  private static final int SMALLEST_RING = 64;

  /// A power of two long; slot `index & (length - 1)` holds the entry of that index.
  private @Nullable Entry[] ring = new @Nullable Entry[SMALLEST_RING];

  private long firstIndex;
  private long endIndex;
  private long payloadBytes;

  /// An empty window whose first entry will have `firstIndex`.
  EntryWindow(long firstIndex) {
    this.firstIndex = firstIndex;
    this.endIndex = firstIndex;
  }

  long firstIndex() {
    return firstIndex;
  }

  /// The index the next entry gets.
  long endIndex() {
    return endIndex;
  }

  int size() {
    return (int) (endIndex - firstIndex);
  }

  long payloadBytes() {
    return payloadBytes;
  }

  Entry get(long index) {
    Invariant.check(
        index >= firstIndex && index < endIndex,
        "index %d outside of the window [%d, %d)",
        index,
        firstIndex,
        endIndex);
    return Objects.requireNonNull(ring[slot(index)]);
  }

  void append(Entry entry) {
    Invariant.check(
        entry.index() == endIndex, "entry %s where %d comes next", entry.id(), endIndex);
    if (size() == ring.length) {
      resize(ring.length * 2);
    }
    ring[slot(endIndex)] = entry;
    endIndex++;
    payloadBytes += entry.payloadBytes();
  }

  void truncateFrom(long index) {
    while (endIndex > Math.max(index, firstIndex)) {
      endIndex--;
      forget(endIndex);
    }
    if (index < firstIndex) {
      firstIndex = index;
      endIndex = index;
    }
  }

  /// Forgets the oldest entry.
  void evictFirst() {
    Invariant.check(firstIndex < endIndex, "the window is empty");
    forget(firstIndex);
    firstIndex++;
    if (ring.length > SMALLEST_RING && size() < ring.length / 8) {
      resize(ring.length / 2);
    }
  }

  private void forget(long index) {
    int slot = slot(index);
    payloadBytes -= Objects.requireNonNull(ring[slot]).payloadBytes();
    ring[slot] = null;
  }

  private void resize(int length) {
    @Nullable Entry[] old = ring;
    ring = new @Nullable Entry[length];
    for (long index = firstIndex; index < endIndex; index++) {
      ring[slot(index)] = old[(int) (index & (old.length - 1))];
    }
  }

  private int slot(long index) {
    return (int) (index & (ring.length - 1));
  }
}
