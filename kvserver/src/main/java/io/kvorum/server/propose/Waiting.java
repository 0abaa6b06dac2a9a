package io.kvorum.server.propose;

import com.google.protobuf.ByteString;
import io.kvorum.raft.EntryKind;
import io.kvorum.server.command.ApplyResult;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

/// One command between its submission and its outcome.
///
/// Whoever removes it from the waiting commands completes it, so it is completed once; whoever
/// moves it out of PARKED proposes it, so no two copies are under way.
final class Waiting implements Proposals.Answer {
  /// Whether a copy of the command may be in some log.
  enum Progress {
    /// Handed over: the outcome is open.
    HANDED_OVER,
    /// Refused because there is no leader: certainly in no log, to be proposed again.
    PARKED
  }

  final EntryKind kind;
  final Patience patience;
  final ByteString payload;
  final long submittedNanos;
  private final Executor loop;
  private final Proposals.Callback callback;
  private final AtomicReference<Progress> progress = new AtomicReference<>(Progress.HANDED_OVER);

  Waiting(
      EntryKind kind,
      Patience patience,
      ByteString payload,
      long submittedNanos,
      Executor loop,
      Proposals.Callback callback) {
    this.kind = kind;
    this.patience = patience;
    this.payload = payload;
    this.submittedNanos = submittedNanos;
    this.loop = loop;
    this.callback = callback;
  }

  Progress progress() {
    return progress.get();
  }

  void park() {
    progress.set(Progress.PARKED);
  }

  /// True for the one caller that may propose a parked command again.
  boolean leaveParked() {
    return progress.compareAndSet(Progress.PARKED, Progress.HANDED_OVER);
  }

  @Override
  public void give(ApplyResult result, LoopTasks tasks) {
    tasks.add(loop, () -> callback.applied(result));
  }

  void fail(ProposalFailure failure, LoopTasks tasks) {
    tasks.add(loop, () -> callback.failed(failure));
  }
}
