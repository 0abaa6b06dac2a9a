package io.kvorum.server.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.kvorum.server.transport.EventLoops;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/// The open streams whose client wants a leader (`hasleader`: watches, keep-alives). When the
/// member has known none for three election timeouts in a row they end with `no leader`, so that
/// the client goes on elsewhere (`api.md` §8 case 68).
///
/// Streams belong to their event loops; [#electionTimeoutElapsed] is called by one timer.
public final class LeaderRequiredStreams {
  /// As many as etcd waits for.
  private static final int TIMEOUTS_WITHOUT_LEADER = 3;

  private final BooleanSupplier leaderKnown;
  private final EventLoops loops;
  private final Set<OpenStream<?, ?>> open = ConcurrentHashMap.newKeySet();
  private int timeoutsWithoutLeader;

  public LeaderRequiredStreams(BooleanSupplier leaderKnown, EventLoops loops) {
    this.leaderKnown = leaderKnown;
    this.loops = loops;
  }

  <Q, A> ServerCall.Listener<Q> start(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> handler) {
    RevocableCall<Q, A> revocable = new RevocableCall<>(call, call.getMethodDescriptor());
    OpenStream<Q, A> stream =
        new OpenStream<>(revocable, handler.startCall(revocable, headers), loops.current());
    open.add(stream);
    return stream;
  }

  /// Told once per election timeout, by one thread.
  public void electionTimeoutElapsed() {
    timeoutsWithoutLeader = leaderKnown.getAsBoolean() ? 0 : timeoutsWithoutLeader + 1;
    if (timeoutsWithoutLeader >= TIMEOUTS_WITHOUT_LEADER) {
      open.forEach(stream -> stream.loop.execute(stream::leaderLost));
    }
  }

  int openCount() {
    return open.size();
  }

  private final class OpenStream<Q, A> extends SimpleForwardingServerCallListener<Q> {
    private final RevocableCall<Q, A> call;
    private final Executor loop;

    OpenStream(RevocableCall<Q, A> call, ServerCall.Listener<Q> handler, Executor loop) {
      super(handler);
      this.call = call;
      this.loop = loop;
    }

    void leaderLost() {
      if (open.remove(this)) {
        call.revoke(GrpcErrors.NO_LEADER);
        super.onCancel();
      }
    }

    @Override
    public void onMessage(Q message) {
      if (!call.isRevoked()) {
        super.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (!call.isRevoked()) {
        super.onHalfClose();
      }
    }

    @Override
    public void onReady() {
      if (!call.isRevoked()) {
        super.onReady();
      }
    }

    @Override
    public void onCancel() {
      if (open.remove(this)) {
        super.onCancel();
      }
    }

    @Override
    public void onComplete() {
      if (open.remove(this)) {
        super.onComplete();
      }
    }
  }
}
