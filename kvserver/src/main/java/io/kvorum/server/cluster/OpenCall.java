package io.kvorum.server.cluster;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.propose.LoopTasks;
import java.util.concurrent.Executor;

/// A question of this member that waits for its answer. Whoever removes it from the open calls
/// completes it, so it is completed once.
final class OpenCall<A extends PeerAnswer> {
  final MemberId peer;
  private final PeerQuestion<A> question;
  private final long deadlineNanos;
  private final Executor loop;
  private final PeerCalls.Callback<A> callback;
  private volatile boolean isSent;

  OpenCall(
      MemberId peer,
      PeerQuestion<A> question,
      long deadlineNanos,
      Executor loop,
      PeerCalls.Callback<A> callback) {
    this.peer = peer;
    this.question = question;
    this.deadlineNanos = deadlineNanos;
    this.loop = loop;
    this.callback = callback;
  }

  boolean isSent() {
    return isSent;
  }

  void sent() {
    isSent = true;
  }

  boolean isOverdue(long nowNanos) {
    return nowNanos - deadlineNanos >= 0;
  }

  void answer(PeerAnswer answer, LoopTasks tasks) {
    if (question.answerType().isInstance(answer)) {
      A fitting = question.answerType().cast(answer);
      tasks.add(loop, () -> callback.answered(fitting));
    } else {
      fail(new CallFailure.NoAnswer(), tasks);
    }
  }

  void fail(CallFailure failure, LoopTasks tasks) {
    tasks.add(loop, () -> callback.failed(failure));
  }
}
