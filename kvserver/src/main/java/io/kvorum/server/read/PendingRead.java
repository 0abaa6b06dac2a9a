package io.kvorum.server.read;

import io.kvorum.server.propose.LoopTasks;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/// One read between its arrival and its outcome.
///
/// It is in one place at a time, joining, in a round or waiting for the applied index, each guarded
/// by a lock; whoever takes it out completes it, so it is completed once.
final class PendingRead {
  private final Executor loop;
  private final LinearizableReads.Callback callback;
  private final long arrivedNanos;
  private final AtomicInteger pending;

  /// @param pending the number of reads that wait; this read is counted already
  PendingRead(
      Executor loop,
      LinearizableReads.Callback callback,
      long arrivedNanos,
      AtomicInteger pending) {
    this.loop = loop;
    this.callback = callback;
    this.arrivedNanos = arrivedNanos;
    this.pending = pending;
  }

  void succeed(LoopTasks tasks) {
    pending.decrementAndGet();
    tasks.add(loop, callback::ready);
  }

  void fail(ReadFailure failure, LoopTasks tasks) {
    pending.decrementAndGet();
    tasks.add(loop, () -> callback.failed(failure));
  }

  /// Fails a read that has waited for `timeoutNanos`; the caller then takes it out.
  boolean failIfOverdue(long timeoutNanos, long nowNanos, LoopTasks tasks) {
    boolean overdue = nowNanos - arrivedNanos >= timeoutNanos;
    if (overdue) {
      fail(ReadFailure.TIMED_OUT, tasks);
    }
    return overdue;
  }
}
