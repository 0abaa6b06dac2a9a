package io.kvorum.server.grpc;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.kvorum.mvcc.watch.WatchHub;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.server.transport.EventLoops;
import java.io.InputStream;

/// Watches of keys (etcd API: Watch, `api.md` §3.3). A call belongs to the event loop of its
/// connection, where the [WatchHub] serves it.
///
/// Bound by hand, because responses are written from bytes that all watchers of an event share
/// ([WatchFrame]).
public final class WatchService implements BindableService {
  /// What a response may exceed `max-request-bytes` by before it is split, as in etcd.
  private static final int FRAGMENT_SLACK_BYTES = 512 << 10;

  private static final MethodDescriptor<WatchRequest, WatchFrame> WATCH =
      WatchGrpc.getWatchMethod().toBuilder(
              WatchGrpc.getWatchMethod().getRequestMarshaller(), new FrameMarshaller())
          .build();

  private final WatchHub hub;
  private final WatchAnswers answers;
  private final EventLoops loops;
  private final ProgressTimers timers;

  public WatchService(
      WatchHub hub,
      ResponseHeaders headers,
      EventLoops loops,
      ProgressTimers timers,
      int maxRequestBytes) {
    this.hub = hub;
    this.answers = new WatchAnswers(headers, Math.addExact(maxRequestBytes, FRAGMENT_SLACK_BYTES));
    this.loops = loops;
    this.timers = timers;
  }

  @Override
  public ServerServiceDefinition bindService() {
    ServiceDescriptor generated = WatchGrpc.getServiceDescriptor();
    ServiceDescriptor descriptor =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor())
            .addMethod(WATCH)
            .build();
    return ServerServiceDefinition.builder(descriptor).addMethod(WATCH, this::start).build();
  }

  private ServerCall.Listener<WatchRequest> start(
      ServerCall<WatchRequest, WatchFrame> call, Metadata headers) {
    return new WatchCall(call, answers, hub, timers, loops.current());
  }

  /// A frame is its own bytes.
  private static final class FrameMarshaller implements MethodDescriptor.Marshaller<WatchFrame> {
    @Override
    public InputStream stream(WatchFrame frame) {
      return frame;
    }

    @Override
    public WatchFrame parse(InputStream stream) {
      throw new UnsupportedOperationException("a server reads no responses");
    }
  }
}
