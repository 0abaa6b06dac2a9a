package io.kvorum.server.transport;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.server.config.ListenUrl;
import io.kvorum.server.config.MemberConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/// A client port on an ephemeral address with a small service behind it: `Put` answers the length
/// of its value as revision, at once or, if it is [#held], once released; `Watch` echoes an empty
/// answer per request and never ends by itself.
final class TestPort implements AutoCloseable {
  static final PortLimits LIMITS =
      new PortLimits(
          1_000,
          1_000,
          2 << 20,
          new MemberConfig.KeepAlive(Duration.ofSeconds(5), Duration.ofHours(2), Duration.ZERO),
          new MemberConfig.SocketReuse(false, false),
          Duration.ofSeconds(10),
          Duration.ofMillis(300));
  private static final int READ_LIMIT_MILLIS = 20_000;

  private static final ByteString HELD = ByteString.copyFromUtf8("held");

  private final NettyEventLoops loops = NettyEventLoops.start(1);
  private final Puts puts = new Puts(loops);
  private final ClientPort port;

  TestPort(PortLimits limits, HttpHandler http) throws PortFailure {
    this(limits, http, new ListenUrl(ListenUrl.Scheme.HTTP, "127.0.0.1", 0, "http://127.0.0.1:0"));
  }

  TestPort(PortLimits limits, HttpHandler http, ListenUrl url) throws PortFailure {
    ListenPoint.GrpcCalls calls =
        new ListenPoint.GrpcCalls(
            List.of(puts.bindService(), new Watches().bindService()), List.of(), List.of());
    port = ClientPort.open(limits, loops, List.of(new ListenPoint(url, calls, http)));
  }

  void recommend(boolean isGoodChoice) {
    port.recommend(isGoodChoice);
  }

  /// A put that is answered only after [#release].
  static PutRequest held(String value) {
    return PutRequest.newBuilder().setKey(HELD).setValue(ByteString.copyFromUtf8(value)).build();
  }

  void awaitHeldPut() throws InterruptedException {
    puts.hasHeld.await();
  }

  void release() {
    puts.released.countDown();
  }

  static PortLimits withGrace(Duration grace) {
    return new PortLimits(
        LIMITS.maxConnections(),
        LIMITS.maxStreamsPerConnection(),
        LIMITS.maxMessageBytes(),
        LIMITS.keepAlive(),
        LIMITS.reuse(),
        LIMITS.greeting(),
        grace);
  }

  static PortLimits withGreeting(Duration greeting) {
    return new PortLimits(
        LIMITS.maxConnections(),
        LIMITS.maxStreamsPerConnection(),
        LIMITS.maxMessageBytes(),
        LIMITS.keepAlive(),
        LIMITS.reuse(),
        greeting,
        LIMITS.grace());
  }

  static PortLimits withConnections(int maxConnections) {
    return new PortLimits(
        maxConnections,
        LIMITS.maxStreamsPerConnection(),
        LIMITS.maxMessageBytes(),
        LIMITS.keepAlive(),
        LIMITS.reuse(),
        LIMITS.greeting(),
        LIMITS.grace());
  }

  InetSocketAddress address() {
    return (InetSocketAddress) port.addresses().getFirst();
  }

  ClientPort port() {
    return port;
  }

  NettyEventLoops loops() {
    return loops;
  }

  ManagedChannel grpc() {
    return NettyChannelBuilder.forAddress(address())
        .usePlaintext()
        .maxInboundMessageSize(Integer.MAX_VALUE)
        .build();
  }

  /// Sends `text` on a new connection and returns everything up to the server's end of it.
  String exchange(String text) throws IOException {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(address().getAddress(), address().getPort());
    socket.setSoTimeout(READ_LIMIT_MILLIS);
    return socket;
  }

  /// Returns when the event loop has read what was sent before: a call that needs it has been
  /// answered since.
  void awaitLoop() throws IOException {
    String answer = exchange("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n");
    if (!answer.startsWith("HTTP/1.1 200 ")) {
      throw new IOException(answer);
    }
  }

  @Override
  public void close() {
    port.close();
    loops.close();
  }

  private static final class Puts extends KVGrpc.KVImplBase {
    private final NettyEventLoops loops;
    private final CountDownLatch hasHeld = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    Puts(NettyEventLoops loops) {
      this.loops = loops;
    }

    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> answers) {
      PutResponse answer =
          PutResponse.newBuilder()
              .setHeader(ResponseHeader.newBuilder().setRevision(request.getValue().size()))
              .build();
      Executor loop = loops.current();
      Runnable answering =
          () -> {
            answers.onNext(answer);
            answers.onCompleted();
          };
      if (request.getKey().equals(HELD)) {
        hasHeld.countDown();
        Thread.ofVirtual()
            .start(
                () -> {
                  awaitRelease();
                  loop.execute(answering);
                });
      } else {
        loop.execute(answering);
      }
    }

    private void awaitRelease() {
      try {
        released.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static final class Watches extends WatchGrpc.WatchImplBase {
    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> answers) {
      return new StreamObserver<>() {
        @Override
        public void onNext(WatchRequest request) {
          answers.onNext(WatchResponse.getDefaultInstance());
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }
  }
}
