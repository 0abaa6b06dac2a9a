package io.kvorum.server.read;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.propose.LoopTasks;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/// The linearizable reads of this member that wait until they may run.
///
/// ```
/// whenReady -> joins the next round -> round confirmed at index i -> applied >= i -> ready
/// ```
///
/// A leader that changes fails the reads it was asked (`leader changed`); without a leader reads
/// wait for one until the request timeout.
///
/// Safe for any thread. The lock guards the rounds; nobody is called while it is held.
public final class LinearizableReads implements AutoCloseable {
  private final ReadIndexSource source;
  private final AppliedIndex applied;
  private final ReadLimits limits;
  private final LongSupplier nanoClock;
  private final AtomicInteger pending = new AtomicInteger();
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final ReadRounds rounds;

  private volatile boolean closed;

  /// @param firstToken where tokens start; must be above every token of earlier boots, since
  ///   answers to those may still arrive
  public LinearizableReads(
      ReadIndexSource source,
      AppliedIndex applied,
      ReadLimits limits,
      LongSupplier nanoClock,
      long firstToken) {
    this.source = source;
    this.applied = applied;
    this.limits = limits;
    this.nanoClock = nanoClock;
    this.rounds = new ReadRounds(firstToken);
  }

  /// Receives the one outcome of waiting for a linearizable read, on the event loop that was named.
  public interface Callback {
    /// The newest published state of this member holds everything committed when the read arrived.
    void ready();

    /// The read must not run.
    void failed(ReadFailure failure);
  }

  /// Calls back on `loop` once the newest published state holds everything committed before this
  /// call. May be called by any thread; returns without waiting.
  public void whenReady(Executor loop, Callback callback) {
    if (closed) {
      loop.execute(() -> callback.failed(ReadFailure.STOPPED));
      return;
    }
    if (pending.incrementAndGet() > limits.pending()) {
      pending.decrementAndGet();
      loop.execute(() -> callback.failed(ReadFailure.TOO_MANY_REQUESTS));
      return;
    }
    long nowNanos = nanoClock.getAsLong();
    PendingRead read = new PendingRead(loop, callback, nowNanos, pending);
    OptionalLong token;
    synchronized (lock) {
      token = rounds.join(read, nowNanos);
    }
    ask(token);
    if (closed) {
      failAll();
    }
  }

  /// A quorum confirmed that `index` was committed when the round was asked. Called by the thread
  /// `raft`.
  public void readIndexReady(long token, long index) {
    List<PendingRead> confirmed;
    OptionalLong next;
    synchronized (lock) {
      confirmed = rounds.take(token);
      next = rounds.askIfIdle(nanoClock.getAsLong());
    }
    ask(next);
    LoopTasks tasks = new LoopTasks();
    for (PendingRead read : confirmed) {
      applied.release(index, read, tasks);
    }
    tasks.dispatch();
  }

  /// The round will not be answered. Called by the thread `raft`.
  public void readIndexAborted(long token) {
    LoopTasks tasks = new LoopTasks();
    synchronized (lock) {
      rounds.aborted(token, tasks);
    }
    tasks.dispatch();
  }

  /// Who leads has changed. Called by the thread `raft`.
  public void leaderChanged(Optional<MemberId> leader) {
    LoopTasks tasks = new LoopTasks();
    OptionalLong token;
    synchronized (lock) {
      token = rounds.leaderChanged(leader, nanoClock.getAsLong(), tasks);
    }
    tasks.dispatch();
    ask(token);
  }

  /// Fails what has waited longer than the request timeout, and asks again what was not answered.
  /// Called a few times per second.
  public void tick(long nowNanos) {
    long timeoutNanos = limits.requestTimeout().toNanos();
    LoopTasks tasks = new LoopTasks();
    OptionalLong token;
    synchronized (lock) {
      rounds.failOverdue(timeoutNanos, nowNanos, tasks);
      token = rounds.retry(limits.roundRetry().toNanos(), nowNanos);
    }
    applied.failOverdue(timeoutNanos, nowNanos, tasks);
    tasks.dispatch();
    ask(token);
  }

  /// Fails everything that waits, and everything that arrives from now on.
  @Override
  public void close() {
    closed = true;
    failAll();
  }

  private void ask(OptionalLong token) {
    if (token.isPresent() && !source.readIndex(token.getAsLong())) {
      LoopTasks tasks = new LoopTasks();
      synchronized (lock) {
        rounds
            .take(token.getAsLong())
            .forEach(read -> read.fail(ReadFailure.TOO_MANY_REQUESTS, tasks));
      }
      tasks.dispatch();
    }
  }

  private void failAll() {
    LoopTasks tasks = new LoopTasks();
    synchronized (lock) {
      rounds.failAll(ReadFailure.STOPPED, tasks);
    }
    applied.failAll(ReadFailure.STOPPED, tasks);
    tasks.dispatch();
  }
}
