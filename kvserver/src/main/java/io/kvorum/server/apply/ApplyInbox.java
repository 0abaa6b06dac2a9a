package io.kvorum.server.apply;

import io.kvorum.raft.Entry;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// What waits for the thread `apply`: committed entries, whose number the Raft core bounds, and
/// calls of other threads, bounded here. Taken whole; the thread sleeps when there is nothing.
final class ApplyInbox {
  /// Calls are lease requests and a few of the member's own.
  static final int MAX_CALLS = 64 << 10;

  private final Queue<Task> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger calls = new AtomicInteger();
  private volatile @Nullable Thread sleeper;

  sealed interface Task {
    /// Entries to apply, in index order, behind all that came before.
    record Committed(List<Entry> entries) implements Task {}

    /// Something to do on the thread `apply`, between batches.
    record Call(Runnable body) implements Task {}
  }

  void put(List<Entry> entries) {
    tasks.add(new Task.Committed(entries));
    wake();
  }

  /// Adds a call; false if too many wait.
  boolean offer(Runnable body) {
    if (calls.incrementAndGet() > MAX_CALLS) {
      calls.decrementAndGet();
      return false;
    }
    tasks.add(new Task.Call(body));
    wake();
    return true;
  }

  /// Adds a call of the member itself, which is never refused.
  void put(Runnable body) {
    calls.incrementAndGet();
    tasks.add(new Task.Call(body));
    wake();
  }

  void wake() {
    Thread waiting = sleeper;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  /// Sleeps until there is something or the time is over. Thread `apply`.
  void await(long nanos) {
    sleeper = Thread.currentThread();
    if (tasks.isEmpty() && nanos > 0) {
      LockSupport.parkNanos(this, nanos);
    }
    sleeper = null;
  }

  /// Takes everything that waits. Thread `apply`.
  ArrayDeque<Task> take() {
    ArrayDeque<Task> taken = new ArrayDeque<>();
    for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
      if (task instanceof Task.Call) {
        calls.decrementAndGet();
      }
      taken.add(task);
    }
    return taken;
  }
}
