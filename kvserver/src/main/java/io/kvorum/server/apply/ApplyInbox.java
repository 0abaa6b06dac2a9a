package io.kvorum.server.apply;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kvorum.raft.Entry;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.server.propose.ApplyBacklog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What waits for the thread `apply`: committed entries and tasks. Drained whole.
///
/// Entries are bounded by Raft, which hands out no more unapplied payload than its limit; client
/// requests by `maxRequests`; the member's own tasks by what it has under way. The lock guards the
/// lists only.
final class ApplyInbox implements Executor {
  private final int maxRequests;
  private final ApplyBacklog backlog;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();

  @GuardedBy("lock")
  private List<Entry> entries = new ArrayList<>();

  @GuardedBy("lock")
  private Optional<SnapshotMarker> snapshot = Optional.empty();

  @GuardedBy("lock")
  private List<Task> tasks = new ArrayList<>();

  @GuardedBy("lock")
  private int requests;

  @GuardedBy("lock")
  private long oldestEntryNanos;

  @GuardedBy("lock")
  private boolean closed;

  ApplyInbox(int maxRequests, ApplyBacklog backlog) {
    this.maxRequests = maxRequests;
    this.backlog = backlog;
  }

  /// Something to do on the thread `apply`, between batches.
  @FunctionalInterface
  interface Task {
    void run(long nowNanos);
  }

  /// What became of an offered request.
  enum Offer {
    ACCEPTED,
    FULL,
    CLOSED
  }

  /// Everything that waited.
  ///
  /// @param arrivedNanos when the first of the entries came
  /// @param snapshot to be installed after the entries
  /// @param closed whether the thread ends after this
  record Work(
      List<Entry> entries,
      long arrivedNanos,
      Optional<SnapshotMarker> snapshot,
      List<Task> tasks,
      boolean closed) {}

  void committed(List<Entry> more, long nowNanos) {
    long bytes = 0;
    for (Entry entry : more) {
      bytes += entry.payloadBytes();
    }
    backlog.committed(bytes);
    lock.lock();
    try {
      if (entries.isEmpty()) {
        oldestEntryNanos = nowNanos;
      }
      entries.addAll(more);
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Adds a snapshot, in place of one that still waits. No entries come until it is installed.
  void install(SnapshotMarker newest) {
    lock.lock();
    try {
      snapshot = Optional.of(newest);
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  /// Adds a client's request.
  Offer offer(Task request) {
    lock.lock();
    try {
      if (closed) {
        return Offer.CLOSED;
      }
      if (requests >= maxRequests) {
        return Offer.FULL;
      }
      requests++;
      tasks.add(request);
      filled.signal();
      return Offer.ACCEPTED;
    } finally {
      lock.unlock();
    }
  }

  /// Adds a task of the member itself. After the thread has ended it is dropped.
  void put(Task task) {
    lock.lock();
    try {
      tasks.add(task);
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void execute(Runnable task) {
    put(_ -> task.run());
  }

  /// Takes everything that waits, after at most `waitNanos`. Thread `apply`.
  Work take(long waitNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = waitNanos;
      while (isEmpty() && !closed && left > 0) {
        left = filled.awaitNanos(left);
      }
      Work work = new Work(entries, oldestEntryNanos, snapshot, tasks, closed);
      entries = new ArrayList<>();
      snapshot = Optional.empty();
      tasks = new ArrayList<>();
      requests = 0;
      return work;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean isEmpty() {
    return entries.isEmpty() && snapshot.isEmpty() && tasks.isEmpty();
  }

  /// Lets the thread end once it has taken what waits.
  void close() {
    lock.lock();
    try {
      closed = true;
      filled.signal();
    } finally {
      lock.unlock();
    }
  }
}
