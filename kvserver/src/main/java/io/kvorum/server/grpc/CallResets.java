package io.kvorum.server.grpc;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/// Makes it possible to drop a call whose answer is queued for a client that does not take it. A
/// status could not: it would queue behind the answer.
///
/// gRPC resets a stream when its context expires, but hands out no context that can be expired. So
/// this puts one of our own between the server's and the call's, for every call of a transport it
/// is registered with.
final class CallResets extends ServerStreamTracer.Factory {
  private static final Context.Key<Context.CancellableContext> RESETTABLE =
      Context.key("kvorum-reset");

  private static final ServerStreamTracer RESETTABLE_CALL =
      new ServerStreamTracer() {
        @Override
        public Context filterContext(Context context) {
          Context.CancellableContext resettable = context.withCancellation();
          return resettable.withValue(RESETTABLE, resettable);
        }
      };

  private static final ServerStreamTracer OTHER_CALL = new ServerStreamTracer() {};

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    return fullMethodName.startsWith("etcdserverpb.KV/") ? RESETTABLE_CALL : OTHER_CALL;
  }

  /// A handle on the call that the calling thread is handling.
  static Optional<Context.CancellableContext> ofCurrentCall() {
    return Optional.ofNullable(RESETTABLE.get());
  }

  /// Resets the stream of the call, with what is queued for it.
  static void reset(Context.CancellableContext call) {
    call.cancel(new TimeoutException("the client took too long to read the answer"));
  }
}
