package io.kvorum.server.grpc;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.kvorum.invariant.Invariant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// The answer side of one unary call: one answer or one failure; nothing if the client has gone.
/// Used by one thread at a time: the event loop of the call, or a thread `range-n` the call was
/// handed to.
final class Reply<A> {
  /// Whether the call has ended, and what is to be done then.
  private sealed interface End {
    record NotYet() implements End {}

    record Awaited(Runnable action) implements End {}

    record Reached() implements End {}
  }

  /// Whether the request is known to have taken effect.
  private enum Effect {
    OPEN,
    DONE
  }

  private static final End NOT_YET = new End.NotYet();
  private static final End REACHED = new End.Reached();

  private final ServerCallStreamObserver<A> call;
  private final Optional<Context.CancellableContext> resettable;
  private Effect effect = Effect.OPEN;
  private final AtomicReference<End> end = new AtomicReference<>(NOT_YET);

  private Reply(ServerCallStreamObserver<A> call, Optional<Context.CancellableContext> resettable) {
    this.call = call;
    this.resettable = resettable;
  }

  /// Must be made before the handler returns, because the end of the call is listened to from here
  /// on.
  static <A> Reply<A> to(StreamObserver<A> observer) {
    Invariant.check(observer instanceof ServerCallStreamObserver<A>, "a server call is expected");
    Reply<A> reply =
        new Reply<>((ServerCallStreamObserver<A>) observer, CallResets.ofCurrentCall());
    reply.call.setOnCancelHandler(reply::ended);
    reply.call.setOnCloseHandler(reply::ended);
    return reply;
  }

  void send(A answer) {
    if (!call.isCancelled()) {
      call.onNext(answer);
      call.onCompleted();
    }
  }

  void fail(Status status) {
    if (!call.isCancelled()) {
      call.onError((effect == Effect.DONE ? withEffect(status) : status).asRuntimeException());
    }
  }

  /// The request has taken effect. What fails from here on is only its answer, and says so with a
  /// code that no client takes for a refusal.
  void tookEffect() {
    effect = Effect.DONE;
  }

  private static Status withEffect(Status status) {
    return Status.UNAVAILABLE.withDescription(
        "kvorum: the request took effect, but has no answer: " + status.getDescription());
  }

  boolean isCancelled() {
    return call.isCancelled();
  }

  /// Runs `action` once when the answer has left for the network or the call has ended otherwise;
  /// at once if that is so already. At most one action per call.
  void whenEnded(Runnable action) {
    if (!end.compareAndSet(NOT_YET, new End.Awaited(action))) {
      Invariant.check(end.get() instanceof End.Reached, "the end of the call is awaited already");
      action.run();
    }
  }

  private void ended() {
    if (end.getAndSet(REACHED) instanceof End.Awaited(var action)) {
      action.run();
    }
  }

  /// Drops the call even if its answer is already queued for a client that does not take it.
  void reset() {
    resettable.ifPresent(CallResets::reset);
  }
}
