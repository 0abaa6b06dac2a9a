package io.kvorum.server.read;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kvorum.invariant.Invariant;
import io.kvorum.server.propose.LoopTasks;
import java.util.Comparator;
import java.util.PriorityQueue;

/// The index up to which this member's published state holds everything committed, and the reads
/// that wait for it to advance.
///
/// Advanced by the thread `apply`, after the batch is visible to readers; read by any thread. The
/// lock guards the queue only: nobody is called while it is held.
public final class AppliedIndex {
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final PriorityQueue<WaitingRead> queue =
      new PriorityQueue<>(Comparator.comparingLong(WaitingRead::index));

  private volatile long index;

  public AppliedIndex(long index) {
    this.index = index;
  }

  /// The last index whose effect readers see.
  public long get() {
    return index;
  }

  /// Publishes that everything up to `applied` is visible, and adds the reads this releases to
  /// `tasks`.
  public void advanceTo(long applied, LoopTasks tasks) {
    Invariant.check(applied >= index, "applied index falls from %d to %d", index, applied);
    synchronized (lock) {
      index = applied;
      while (!queue.isEmpty() && queue.element().index() <= applied) {
        queue.remove().read().succeed(tasks);
      }
    }
  }

  /// Releases the read through `tasks` once `index` is applied; at once if it already is.
  void release(long atIndex, PendingRead read, LoopTasks tasks) {
    synchronized (lock) {
      if (atIndex > index) {
        queue.add(new WaitingRead(atIndex, read));
        return;
      }
    }
    read.succeed(tasks);
  }

  /// Adds the failure of reads that wait for longer than `timeoutNanos` to `tasks`.
  void failOverdue(long timeoutNanos, long nowNanos, LoopTasks tasks) {
    synchronized (lock) {
      queue.removeIf(waiting -> waiting.read().failIfOverdue(timeoutNanos, nowNanos, tasks));
    }
  }

  /// Adds the failure of every waiting read to `tasks`.
  void failAll(ReadFailure failure, LoopTasks tasks) {
    synchronized (lock) {
      queue.forEach(waiting -> waiting.read().fail(failure, tasks));
      queue.clear();
    }
  }

  private record WaitingRead(long index, PendingRead read) {}
}
