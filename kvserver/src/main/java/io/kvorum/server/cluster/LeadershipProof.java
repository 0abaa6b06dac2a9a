package io.kvorum.server.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.propose.LoopTasks;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// Proves that this member led at some moment after it was asked to, and had applied by then
/// everything committed before.
///
/// A role alone proves nothing: a process that was stopped, or a leader whose transfer went
/// through, believes that it leads while its successor acts (raft.md RI8). So a linearizable read
/// is confirmed by a quorum. That the member led the same term before and after makes it this
/// member's own confirmation: a term is led once, without a break, and the status changes before
/// any verdict that rests on the change is given out.
///
/// Questions that come while a read is under way share the next one. As many wait as there are
/// lease requests under way. Safe for any thread; nobody is called under the lock.
public final class LeadershipProof {
  private final Supplier<RaftStatus> status;
  private final Reads reads;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private List<Waiting> joining = new ArrayList<>();

  @GuardedBy("lock")
  private boolean isUnderWay;

  /// @param status the member's, as last published by its Raft node
  public LeadershipProof(Supplier<RaftStatus> status, Reads reads) {
    this.status = status;
    this.reads = reads;
  }

  /// The way to linearizable reads; [LinearizableReads#whenReady].
  public interface Reads {
    void whenReady(Executor loop, LinearizableReads.Callback callback);
  }

  /// Receives the one outcome.
  interface Callback {
    void proven();

    /// [LeaseFailure#NOT_PRIMARY] if the member did not lead throughout.
    void failed(LeaseFailure failure);
  }

  private record Waiting(long term, Executor loop, Callback callback) {}

  /// The term this member leads, as far as it knows.
  OptionalLong term() {
    RaftStatus now = status.get();
    return now.role() == RoleKind.LEADER ? OptionalLong.of(now.term()) : OptionalLong.empty();
  }

  /// Proves that the member still leads this term, which it led a moment ago.
  void prove(long term, Executor loop, Callback callback) {
    synchronized (lock) {
      joining.add(new Waiting(term, loop, callback));
      if (isUnderWay) {
        return;
      }
      isUnderWay = true;
    }
    proveNext();
  }

  private void proveNext() {
    List<Waiting> asked;
    synchronized (lock) {
      asked = joining;
      joining = new ArrayList<>();
      isUnderWay = !asked.isEmpty();
    }
    if (!asked.isEmpty()) {
      reads.whenReady(Runnable::run, new Round(asked));
    }
  }

  private final class Round implements LinearizableReads.Callback {
    private final List<Waiting> asked;

    Round(List<Waiting> asked) {
      this.asked = asked;
    }

    @Override
    public void ready() {
      OptionalLong now = term();
      LoopTasks tasks = new LoopTasks();
      for (Waiting waiting : asked) {
        Callback callback = waiting.callback();
        boolean isProven = now.equals(OptionalLong.of(waiting.term()));
        tasks.add(
            waiting.loop(),
            isProven ? callback::proven : () -> callback.failed(LeaseFailure.NOT_PRIMARY));
      }
      end(tasks);
    }

    @Override
    public void failed(ReadFailure failure) {
      LoopTasks tasks = new LoopTasks();
      for (Waiting waiting : asked) {
        tasks.add(waiting.loop(), () -> waiting.callback().failed(leaseFailure(failure)));
      }
      end(tasks);
    }

    private void end(LoopTasks tasks) {
      tasks.dispatch();
      proveNext();
    }
  }

  private static LeaseFailure leaseFailure(ReadFailure failure) {
    return switch (failure) {
      case TIMED_OUT -> LeaseFailure.TIMED_OUT;
      case LEADER_CHANGED -> LeaseFailure.NOT_PRIMARY;
      case TOO_MANY_REQUESTS -> LeaseFailure.TOO_MANY_REQUESTS;
      case STOPPED -> LeaseFailure.STOPPED;
    };
  }
}
