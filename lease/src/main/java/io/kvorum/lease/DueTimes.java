package io.kvorum.lease;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// A heap of times at which something about a lease falls due, cheap to postpone.
///
/// Postponing only writes the slot. The heap still holds the earlier time; when that comes up, the
/// slot is queued again at the time it says by then. So a lease renewed a thousand times costs one
/// heap operation per time to live, not a thousand. Only a time earlier than the queued one needs a
/// new entry; the entry it replaces is recognized by its time when it comes up. Cancelled and
/// replaced entries are swept out when they outnumber the others, so the heap is at most about
/// twice as large as the number of slots due.
final class DueTimes {
  /// The time of a slot that is not due at all.
  static final long NEVER = Long.MAX_VALUE;

  /// Below this size the heap is not worth sweeping.
  private static final int SWEEP_THRESHOLD_ENTRIES = 64;

  private final PriorityQueue<Entry> heap =
      new PriorityQueue<>(
          Comparator.comparingLong(Entry::atNanos).thenComparing(entry -> entry.slot().lease.id()));
  private int dueSlots;

  /// When one thing about one lease falls due.
  static final class Slot {
    final RunningLease lease;
    private long dueNanos = NEVER;
    private long queuedNanos = NEVER;

    Slot(RunningLease lease) {
      this.lease = lease;
    }
  }

  private record Entry(long atNanos, Slot slot) {
    boolean isCurrent() {
      return slot.dueNanos != NEVER && slot.queuedNanos == atNanos;
    }
  }

  /// Makes the slot due at `atNanos`, whatever it was before.
  void schedule(Slot slot, long atNanos) {
    if (atNanos == NEVER) {
      cancel(slot);
      return;
    }
    if (slot.dueNanos == NEVER) {
      dueSlots++;
    }
    slot.dueNanos = atNanos;
    if (atNanos < slot.queuedNanos) {
      enqueue(slot);
      sweep();
    }
  }

  /// Makes the slot due never.
  void cancel(Slot slot) {
    if (slot.dueNanos != NEVER) {
      slot.dueNanos = NEVER;
      slot.queuedNanos = NEVER;
      dueSlots--;
      sweep();
    }
  }

  /// Takes up to `max` leases that are due, the earliest first. Their slots are then due never.
  List<RunningLease> take(long nowNanos, int max) {
    List<RunningLease> taken = new ArrayList<>();
    while (taken.size() < max && !heap.isEmpty() && heap.element().atNanos() <= nowNanos) {
      Entry entry = heap.remove();
      if (!entry.isCurrent()) {
        continue;
      }
      Slot slot = entry.slot();
      if (slot.dueNanos <= nowNanos) {
        slot.dueNanos = NEVER;
        slot.queuedNanos = NEVER;
        dueSlots--;
        taken.add(slot.lease);
      } else {
        enqueue(slot);
      }
    }
    return taken;
  }

  /// How many entries the heap holds, stale ones included.
  int heapEntries() {
    return heap.size();
  }

  private void enqueue(Slot slot) {
    slot.queuedNanos = slot.dueNanos;
    heap.add(new Entry(slot.queuedNanos, slot));
  }

  private void sweep() {
    if (heap.size() > 2 * dueSlots + SWEEP_THRESHOLD_ENTRIES) {
      Collection<Entry> current = heap.stream().filter(Entry::isCurrent).toList();
      heap.clear();
      heap.addAll(current);
    }
  }
}
