package io.kvorum.mvcc.watch;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/// An executor whose tasks run when the test says so, on the test's thread.
final class TaskQueue implements Executor {
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  boolean isEmpty() {
    return tasks.isEmpty();
  }

  /// Runs the oldest task; returns whether there was one.
  boolean runOne() {
    Runnable task = tasks.poll();
    if (task == null) {
      return false;
    }
    task.run();
    return true;
  }

  /// Runs tasks, also those they add, until none is left in any of the queues.
  static void runAll(TaskQueue... queues) {
    boolean ran = true;
    while (ran) {
      ran = false;
      for (TaskQueue queue : queues) {
        ran |= queue.runOne();
      }
    }
  }
}
