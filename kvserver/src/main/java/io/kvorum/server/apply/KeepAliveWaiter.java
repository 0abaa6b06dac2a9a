package io.kvorum.server.apply;

import io.kvorum.server.apply.Lessor.KeepAlive;
import io.kvorum.server.propose.LoopTasks;
import java.util.concurrent.Executor;

/// A keep-alive that is not answered yet.
///
/// @param revision the store revision when it arrived, for its header
record KeepAliveWaiter(
    Executor loop, Lessor.Callback<KeepAlive> callback, long revision, long arrivedNanos) {
  void renewed(long ttlSeconds, LoopTasks answers) {
    answers.add(loop, () -> callback.answered(new KeepAlive.Renewed(ttlSeconds, revision)));
  }

  void gone(LoopTasks answers) {
    answers.add(loop, () -> callback.answered(new KeepAlive.Gone(revision)));
  }

  void fail(LeaseFailure failure, LoopTasks answers) {
    answers.add(loop, () -> callback.failed(failure));
  }
}
