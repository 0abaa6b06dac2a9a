package io.kvorum.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.server.config.ListenUrl;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Opening, bounding and closing the client port (operations.md §1.7, §5.10).
class ClientPortLifecycleTest {
  private static final HttpHandler OK = (_, reply) -> reply.send(HttpAnswer.text(200, "ok\n"));
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final long LIMIT_SECONDS = 20;

  /// A watcher that tells its first answer and its end.
  private static final class Watching implements StreamObserver<WatchResponse> {
    private final CompletableFuture<WatchResponse> first = new CompletableFuture<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();

    @Override
    public void onNext(WatchResponse answer) {
      first.complete(answer);
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }

  private static Watching watch(ManagedChannel channel) throws Exception {
    Watching watching = new Watching();
    WatchGrpc.newStub(channel).watch(watching).onNext(WatchRequest.getDefaultInstance());
    watching.first.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    return watching;
  }

  private static Future<PutResponse> put(ManagedChannel channel, PutRequest request) {
    return CompletableFuture.supplyAsync(() -> KVGrpc.newBlockingStub(channel).put(request));
  }

  /// Sends one request on an open connection and reads its answer's first line.
  private static String ask(Socket socket) throws Exception {
    socket.getOutputStream().write(GET.getBytes(StandardCharsets.US_ASCII));
    StringBuilder answer = new StringBuilder();
    while (!answer.toString().endsWith("\r\n\r\nok\n")) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        return answer.toString();
      }
      answer.append((char) next);
    }
    return answer.toString();
  }

  @Test
  void addressInUse_opened_failsWithTheAddressAndTheReason() throws Exception {
    try (TestPort first = new TestPort(TestPort.LIMITS, OK)) {
      int taken = first.address().getPort();
      ListenUrl url =
          new ListenUrl(ListenUrl.Scheme.HTTP, "127.0.0.1", taken, "http://127.0.0.1:" + taken);

      assertThatThrownBy(
              () ->
                  ClientPort.open(
                      TestPort.LIMITS,
                      first.loops(),
                      List.of(new ListenPoint(url, ListenPoint.GrpcCalls.none(), OK))))
          .isInstanceOf(PortFailure.class)
          .hasMessageContaining("listen " + url)
          .hasMessageContaining("Address already in use");
    }
  }

  @Test
  void encryptedUrl_opened_failsCleanly() throws Exception {
    try (TestPort any = new TestPort(TestPort.LIMITS, OK)) {
      ListenUrl url = new ListenUrl(ListenUrl.Scheme.HTTPS, "127.0.0.1", 0, "https://127.0.0.1:0");

      assertThatThrownBy(
              () ->
                  ClientPort.open(
                      TestPort.LIMITS,
                      any.loops(),
                      List.of(new ListenPoint(url, ListenPoint.GrpcCalls.none(), OK))))
          .isInstanceOf(PortFailure.class)
          .hasMessageContaining("TLS is not supported yet");
    }
  }

  @Test
  void fileLimitWithoutRoomForClients_bounded_isRefused() throws Exception {
    assertThat(PortLimits.connectionsWithin(1_024)).isEqualTo(874);
    assertThatThrownBy(() -> PortLimits.connectionsWithin(150))
        .isInstanceOf(PortFailure.class)
        .hasMessageContaining("file descriptor limit of 150 is too low");
  }

  @Test
  void unixSocket_leftoverFile_isReplacedAndServes(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("kv.sock");
    Files.createFile(file);
    ListenUrl url = new ListenUrl(ListenUrl.Scheme.UNIX, file.toString(), 0, "unix://" + file);
    var group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try (TestPort port = new TestPort(TestPort.LIMITS, OK, url)) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress((DomainSocketAddress) port.port().addresses().getFirst())
              .channelType(EpollDomainSocketChannel.class, DomainSocketAddress.class)
              .eventLoopGroup(group)
              .usePlaintext()
              .build();

      assertThat(
              KVGrpc.newBlockingStub(channel)
                  .put(PutRequest.getDefaultInstance())
                  .getHeader()
                  .getRevision())
          .isZero();
      channel.shutdownNow();
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  @Test
  void allPlacesTakenBySpeakers_newClient_isRefusedUntilOneLeaves() throws Exception {
    try (TestPort port = new TestPort(TestPort.withConnections(2), OK);
        Socket first = port.connect();
        Socket second = port.connect()) {
      assertThat(ask(first)).startsWith("HTTP/1.1 200");
      assertThat(ask(second)).startsWith("HTTP/1.1 200");

      try (Socket third = port.connect()) {
        assertThat(third.getInputStream().read()).isNegative();
      }

      assertThat(ask(first)).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void onePlaceTakenBySilentClient_newClient_takesItsPlace() throws Exception {
    try (TestPort port = new TestPort(TestPort.withConnections(1), OK);
        Socket silent = port.connect();
        Socket speaker = port.connect()) {
      assertThat(silent.getInputStream().read()).isNegative();
      assertThat(ask(speaker)).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void pipelinedHttp1Requests_answeredLateAndOnOtherThreads_comeInOrder() throws Exception {
    HttpHandler late =
        (request, reply) ->
            Thread.ofVirtual().start(() -> reply.send(HttpAnswer.text(200, request.path() + ";")));
    try (TestPort port = new TestPort(TestPort.LIMITS, late)) {
      String answers =
          port.exchange(
              "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
                  + "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nHello"
                  + "HEAD /3 HTTP/1.1\r\nHost: h\r\n\r\n"
                  + "GET /4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

      assertThat(answers.split("HTTP/1.1 200 OK")).hasSize(5);
      assertThat(answers).containsSubsequence("/1;", "/2;", "/4;").doesNotContain("/3;");
    }
  }

  @Test
  void portClosed_idleConnections_endAtOnceAndNewOnesAreRefused() throws Exception {
    TestPort port = new TestPort(TestPort.LIMITS, OK);
    ManagedChannel channel = port.grpc();
    KVGrpc.newBlockingStub(channel).put(PutRequest.getDefaultInstance());
    InetSocketAddress address = port.address();
    try (Socket kept = port.connect()) {
      ask(kept);

      port.close();

      assertThat(kept.getInputStream().read()).isNegative();
      assertThatThrownBy(() -> new Socket(address.getAddress(), address.getPort()).close())
          .isInstanceOf(IOException.class);
      assertThat(channel.getState(false)).isNotEqualTo(ConnectivityState.READY);
    } finally {
      channel.shutdownNow();
    }
  }

  /// Clients resume streams elsewhere: nobody has to wait for their end.
  @Test
  void portClosed_openStream_isCutLongBeforeTheGracePeriodEnds() throws Exception {
    TestPort port = new TestPort(TestPort.withGrace(Duration.ofHours(1)), OK);
    ManagedChannel channel = port.grpc();
    Watching watching = watch(channel);

    port.close();

    assertThat(watching.end.get(LIMIT_SECONDS, TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(port.port().openConnections()).isZero();
    channel.shutdownNow();
  }

  @Test
  void portClosed_requestInProgressBesideAStream_isStillAnswered() throws Exception {
    TestPort port = new TestPort(TestPort.withGrace(Duration.ofHours(1)), OK);
    ManagedChannel channel = port.grpc();
    Watching watching = watch(channel);
    Future<PutResponse> answer = put(channel, TestPort.held("answered late"));
    port.awaitHeldPut();

    Thread closing = Thread.ofVirtual().start(port::close);
    assertThat(closing.join(Duration.ofMillis(600))).isFalse();
    assertThat(watching.end).isNotDone();
    port.release();

    assertThat(answer.get(LIMIT_SECONDS, TimeUnit.SECONDS).getHeader().getRevision()).isPositive();
    closing.join();
    assertThat(watching.end.get(LIMIT_SECONDS, TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    channel.shutdownNow();
  }

  @Test
  void portClosed_requestThatIsNeverAnswered_isCutAfterTheGracePeriod() throws Exception {
    TestPort port = new TestPort(TestPort.LIMITS, OK);
    ManagedChannel channel = port.grpc();
    Future<PutResponse> answer = put(channel, TestPort.held("never answered"));
    port.awaitHeldPut();

    port.close();

    assertThatThrownBy(() -> answer.get(LIMIT_SECONDS, TimeUnit.SECONDS))
        .hasMessageContaining("UNAVAILABLE");
    channel.shutdownNow();
  }

  @Test
  void portClosed_http1RequestInProgress_isStillAnswered() throws Exception {
    CompletableFuture<HttpHandler.Reply> asked = new CompletableFuture<>();
    TestPort port = new TestPort(TestPort.LIMITS, (_, reply) -> asked.complete(reply));
    CompletableFuture<String> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return port.exchange(GET);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    HttpHandler.Reply reply = asked.get(LIMIT_SECONDS, TimeUnit.SECONDS);

    Thread closing = Thread.ofVirtual().start(port::close);
    reply.send(HttpAnswer.text(200, "late\n"));

    assertThat(answer.get(LIMIT_SECONDS, TimeUnit.SECONDS)).endsWith("late\n");
    closing.join();
  }

  @Test
  void current_outsideTheLoops_isAProgrammingError() throws Exception {
    try (NettyEventLoops loops = NettyEventLoops.start(2)) {
      AtomicReference<Executor> seen = new AtomicReference<>();
      var loop = loops.group().next();
      loop.submit(() -> seen.set(loops.current())).sync();

      assertThat(seen.get()).isSameAs(loop);
      assertThatThrownBy(loops::current).isInstanceOf(InvariantViolation.class);
      assertThat(List.of(1, 2, 4, 32).stream().map(NettyEventLoops::loopsFor))
          .containsExactly(1, 1, 2, 8);
    }
  }
}
