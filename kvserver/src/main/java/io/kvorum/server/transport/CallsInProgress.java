package io.kvorum.server.transport;

import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts the gRPC calls of one request that have not ended. Streams of requests, such as watches
/// and keep-alives, go on for as long as their client likes: nobody can wait for their end, and
/// they are resumed elsewhere.
final class CallsInProgress extends ServerStreamTracer.Factory {
  private final AtomicInteger calls = new AtomicInteger();

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    return new Call();
  }

  /// How many there are now.
  int count() {
    return calls.get();
  }

  private final class Call extends ServerStreamTracer {
    private boolean isCounted; // the event loop of the connection

    @Override
    public void serverCallStarted(ServerCallInfo<?, ?> call) {
      isCounted = call.getMethodDescriptor().getType().clientSendsOneMessage();
      if (isCounted) {
        calls.incrementAndGet();
      }
    }

    @Override
    public void streamClosed(Status status) {
      if (isCounted) {
        isCounted = false;
        calls.decrementAndGet();
      }
    }
  }
}
