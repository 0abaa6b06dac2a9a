package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.watch.WatchHub;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.server.transport.EventLoops;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// Serves watches (etcd API: Watch.Watch): one [WatchCall] per client stream, on the event loop of
/// its connection. Responses are encoded here, because the events in them are shared by many
/// streams.
public final class WatchService implements BindableService {
  private static final MethodDescriptor<WatchRequest, ByteString> WATCH =
      WatchGrpc.getWatchMethod().toBuilder(
              WatchGrpc.getWatchMethod().getRequestMarshaller(), new EncodedResponses())
          .build();

  /// Random part on top of the interval between progress notices, so that streams spread out.
  private static final double JITTER = 0.1;

  private final WatchHub hub;
  private final WatchFrames frames;
  private final EventLoops loops;
  private final ProgressTiming timing;
  private final Set<OpenStream> open = ConcurrentHashMap.newKeySet();

  /// When progress notices are due.
  public record ProgressTiming(Duration interval, RandomGenerator random, LongSupplier nanoClock) {
    long nextNanos(long nowNanos) {
      double jitter = 1 + JITTER * random.nextDouble();
      return nowNanos + (long) (interval.toNanos() * jitter);
    }
  }

  /// @param maxRequestBytes decides from which size on a response is split for a watcher that
  ///   allows it
  public WatchService(
      WatchHub hub,
      ResponseHeaders headers,
      EventLoops loops,
      ProgressTiming timing,
      int maxRequestBytes) {
    this.hub = hub;
    this.frames = new WatchFrames(headers, maxRequestBytes);
    this.loops = loops;
    this.timing = timing;
  }

  @Override
  public ServerServiceDefinition bindService() {
    ServiceDescriptor generated = WatchGrpc.getServiceDescriptor();
    ServiceDescriptor descriptor =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor())
            .addMethod(WATCH)
            .build();
    return ServerServiceDefinition.builder(descriptor)
        .addMethod(WATCH, ServerCalls.asyncBidiStreamingCall(this::watch))
        .build();
  }

  private StreamObserver<WatchRequest> watch(StreamObserver<ByteString> observer) {
    Invariant.check(
        observer instanceof ServerCallStreamObserver<ByteString>, "a server call is expected");
    Executor loop = loops.current();
    WatchCall call =
        new WatchCall((ServerCallStreamObserver<ByteString>) observer, frames, hub, loop);
    OpenStream stream =
        new OpenStream(call, loop, timing.nextNanos(timing.nanoClock().getAsLong()));
    open.add(stream);
    call.whenClosed(() -> open.remove(stream));
    return call;
  }

  /// Sends the progress notices that are due. Called by the member's clock several times per
  /// second.
  public void tick(long nowNanos) {
    for (OpenStream stream : open) {
      if (nowNanos - stream.nextNanos >= 0) {
        stream.nextNanos = timing.nextNanos(nowNanos);
        stream.loop.execute(stream.call::tick);
      }
    }
  }

  /// Written by the thread that ticks; the call belongs to its loop.
  private static final class OpenStream {
    private final WatchCall call;
    private final Executor loop;
    private volatile long nextNanos;

    OpenStream(WatchCall call, Executor loop, long nextNanos) {
      this.call = call;
      this.loop = loop;
      this.nextNanos = nextNanos;
    }
  }

  /// Responses are bytes already; only clients read them, with the generated marshaller.
  private static final class EncodedResponses implements MethodDescriptor.Marshaller<ByteString> {
    @Override
    public InputStream stream(ByteString response) {
      return new ByteArrayInputStream(response.toByteArray());
    }

    @Override
    public ByteString parse(InputStream stream) {
      throw new UnsupportedOperationException("a server does not read responses");
    }
  }
}
