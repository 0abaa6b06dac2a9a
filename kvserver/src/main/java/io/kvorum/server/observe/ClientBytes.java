package io.kvorum.server.observe;

import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.util.concurrent.atomic.LongAdder;

/// Counts the bytes of gRPC messages on the wire, of all clients together. One tracer serves every
/// call, as it keeps nothing per call.
final class ClientBytes extends ServerStreamTracer.Factory {
  private final LongAdder received = new LongAdder();
  private final LongAdder sent = new LongAdder();
  private final ServerStreamTracer tracer =
      new ServerStreamTracer() {
        @Override
        public void inboundWireSize(long bytes) {
          received.add(bytes);
        }

        @Override
        public void outboundWireSize(long bytes) {
          sent.add(bytes);
        }
      };

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    return tracer;
  }

  long received() {
    return received.sum();
  }

  long sent() {
    return sent.sum();
  }
}
