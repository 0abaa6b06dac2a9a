package io.kvorum.mvcc.watch;

import io.kvorum.invariant.Invariant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// The newest published revisions, bounded by bytes and by number; older ones give way.
///
/// Written by the thread `apply` only, read by any thread without a lock: the slot of a revision
/// either holds its block or it does not, and a reader that finds nothing turns to history. The
/// writer waits for nobody.
final class WatchRing {
  private final AtomicReferenceArray<@Nullable RevisionBlock> slots;
  private final long maxBytes;

  // Written by `apply`. Kept are the revisions of [first, next).
  private long first;
  private long next;
  private volatile long bytes;

  /// A ring whose first revision will be `next`.
  WatchRing(WatchLimits.Ring limits, long next) {
    slots = new AtomicReferenceArray<>(limits.revisions());
    maxBytes = limits.bytes();
    this.first = next;
    this.next = next;
  }

  /// Appends the block of the next revision. A block that is larger than the whole ring leaves the
  /// ring empty: its watchers read history.
  void append(RevisionBlock block) {
    Invariant.check(
        block.revision() == next, "revision %d published, expected %d", block.revision(), next);
    long kept = bytes + block.bytes();
    while (first < next && (kept > maxBytes || next - first == slots.length())) {
      kept -= evictFirst();
    }
    next++;
    if (kept > maxBytes) {
      first = next;
      kept = 0;
    } else {
      slots.setRelease(slotOf(block.revision()), block);
    }
    bytes = kept;
  }

  /// Empties the ring; the next revision appended is `revision`. For revisions nobody watched, and
  /// for a store that has jumped ahead by installing a snapshot.
  void restartAt(long revision) {
    Invariant.check(revision >= next, "ring at %d restarted at %d", next, revision);
    while (first < next) {
      evictFirst();
    }
    first = revision;
    next = revision;
    bytes = 0;
  }

  long next() {
    return next;
  }

  /// The block of `revision`, or null if it is not kept. Any thread.
  @Nullable RevisionBlock block(long revision) {
    RevisionBlock block = slots.getAcquire(slotOf(revision));
    return block != null && block.revision() == revision ? block : null;
  }

  /// The blocks of [from, to) as far as they are kept without a gap from `from` on, cut after the
  /// first that reaches a limit. Any thread.
  List<RevisionBlock> read(long from, long to, WatchLimits.Slice limits) {
    List<RevisionBlock> blocks = new ArrayList<>();
    long events = 0;
    long read = 0;
    for (long revision = from;
        revision < to && events < limits.events() && read < limits.bytes();
        revision++) {
      RevisionBlock block = block(revision);
      if (block == null) {
        break;
      }
      blocks.add(block);
      events += block.events().size();
      read += block.bytes();
    }
    return blocks;
  }

  /// Heap held by the ring. Any thread.
  long bytes() {
    return bytes;
  }

  private long evictFirst() {
    int slot = slotOf(first++);
    RevisionBlock block = slots.getPlain(slot);
    slots.setRelease(slot, null);
    Invariant.check(block != null, "revision %d is not in the ring", first - 1);
    return block == null ? 0 : block.bytes();
  }

  private int slotOf(long revision) {
    return (int) (revision & (slots.length() - 1));
  }
}
