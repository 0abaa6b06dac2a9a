package io.kvorum.server;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/// An event loop that runs its tasks when the test says so.
public final class ManualLoop implements Executor {
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /// How many tasks wait.
  public int waitingTasks() {
    return tasks.size();
  }

  /// Runs everything that waits, and what that adds.
  public void runAll() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }
}
