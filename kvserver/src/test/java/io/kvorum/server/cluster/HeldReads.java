package io.kvorum.server.cluster;

import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/// Linearizable reads that are confirmed when the test says so.
final class HeldReads implements LeadershipProof.Reads {
  private final Queue<Asked> asked = new ArrayDeque<>();

  private record Asked(Executor loop, LinearizableReads.Callback callback) {}

  @Override
  public void whenReady(Executor loop, LinearizableReads.Callback callback) {
    asked.add(new Asked(loop, callback));
  }

  int waiting() {
    return asked.size();
  }

  void confirm() {
    Asked next = asked.remove();
    next.loop().execute(next.callback()::ready);
  }

  void fail(ReadFailure failure) {
    Asked next = asked.remove();
    next.loop().execute(() -> next.callback().failed(failure));
  }
}
