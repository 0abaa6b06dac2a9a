package io.kvorum.server.propose;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/// Answers collected on one thread and handed to each event loop as one task, so that what one
/// batch answers on a connection leaves in one flush.
///
/// Used by one thread, once: collect, then [#dispatch].
public final class LoopTasks {
  /// One per event loop; there are few loops, so a list is searched.
  private final List<LoopTask> loops = new ArrayList<>();

  /// Adds an answer to be run on `loop`, after those added for it before.
  @SuppressWarnings("ReferenceEquality") // an event loop is its own identity
  public void add(Executor loop, Runnable answer) {
    for (LoopTask task : loops) {
      if (task.loop == loop) {
        task.answers.add(answer);
        return;
      }
    }
    LoopTask task = new LoopTask(loop);
    task.answers.add(answer);
    loops.add(task);
  }

  /// Hands every loop its answers.
  public void dispatch() {
    for (LoopTask task : loops) {
      task.loop.execute(task);
    }
    loops.clear();
  }

  private static final class LoopTask implements Runnable {
    private final Executor loop;
    private final List<Runnable> answers = new ArrayList<>();

    LoopTask(Executor loop) {
      this.loop = loop;
    }

    @Override
    public void run() {
      for (Runnable answer : answers) {
        answer.run();
      }
    }
  }
}
