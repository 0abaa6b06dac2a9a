package io.kvorum.server.grpc;

import io.grpc.Status;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import io.kvorum.server.transport.EventLoops;
import java.util.function.Consumer;

/// Runs reads of a call once they are linearizable, on the event loop of the call.
public final class ConfirmedReads {
  private final ReadGate gate;
  private final MemberStanding standing;
  private final EventLoops loops;

  public ConfirmedReads(ReadGate gate, MemberStanding standing, EventLoops loops) {
    this.gate = gate;
    this.standing = standing;
    this.loops = loops;
  }

  /// Runs `read` when this member has applied all that was committed before now; answers the call
  /// with the failure if that does not happen.
  void whenConfirmed(Reply<?> reply, Runnable read) {
    whenConfirmed(
        () -> {
          if (!reply.isCancelled()) {
            read.run();
          }
        },
        reply::fail);
  }

  void whenConfirmed(Runnable read, Consumer<Status> failure) {
    if (standing.isLearner()) {
      failure.accept(GrpcErrors.NOT_FOR_LEARNERS);
      return;
    }
    gate.whenReady(
        loops.current(),
        new LinearizableReads.Callback() {
          @Override
          public void ready() {
            read.run();
          }

          @Override
          public void failed(ReadFailure reason) {
            failure.accept(GrpcErrors.statusOf(reason));
          }
        });
  }
}
