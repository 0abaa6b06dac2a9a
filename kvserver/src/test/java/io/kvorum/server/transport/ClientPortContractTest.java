package io.kvorum.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutRequest;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What this package relies on in grpc-java and Netty: an upgrade that changes it must fail here.
/// design.md §9, operations.md §2.
class ClientPortContractTest {
  private static final String PUT = "/etcdserverpb.KV/Put";

  private TestPort port;
  private ManagedChannel channel;

  @BeforeEach
  void open() throws Exception {
    port = new TestPort(TestPort.LIMITS, ClientPortContractTest::describe);
    channel = port.grpc();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    port.close();
  }

  private static void describe(HttpRequest request, HttpHandler.Reply reply) {
    reply.send(
        HttpAnswer.text(
            200, request.method() + " " + request.path() + " " + request.query() + "\n"));
  }

  private long put(int valueBytes) {
    PutRequest request =
        PutRequest.newBuilder().setValue(ByteString.copyFrom(new byte[valueBytes])).build();
    return KVGrpc.newBlockingStub(channel).put(request).getHeader().getRevision();
  }

  private static byte[] grpcMessage(PutRequest request) {
    byte[] message = request.toByteArray();
    byte[] framed = new byte[5 + message.length];
    framed[4] = (byte) message.length;
    System.arraycopy(message, 0, framed, 5, message.length);
    return framed;
  }

  @Test
  void grpcCall_sharedPort_isAnsweredOnItsEventLoop() {
    assertThat(put(17)).isEqualTo(17);
  }

  @Test
  void http1Get_sharedPort_isAnsweredByTheHandler() throws Exception {
    String answer =
        port.exchange(
            "GET /health?exclude=A&exclude=B HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

    assertThat(answer)
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("content-type: text/plain; charset=utf-8\r\n")
        .endsWith("\r\n\r\nGET /health {exclude=[A, B]}\n");
  }

  @Test
  void http2Get_sharedPort_isAnsweredByTheHandler() throws Exception {
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      client.request(1, "GET", "/metrics?verbose", "", RawHttp2.END_STREAM);

      RawHttp2.Answer answer = client.answer(1);

      assertThat(answer.headers().status()).hasToString("200");
      assertThat(answer.headers().get("content-length")).hasToString("26");
      assertThat(answer.body()).isEqualTo("GET /metrics {verbose=[]}\n");
    }
  }

  @Test
  void http2HeadOfResource_sharedPort_hasHeadersOnly() throws Exception {
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      client.request(1, "HEAD", "/health", "", RawHttp2.END_STREAM);

      RawHttp2.Answer answer = client.answer(1);

      assertThat(answer.body()).isEmpty();
      assertThat(answer.headers().status()).hasToString("200");
    }
  }

  @Test
  void oneHttp2Connection_grpcAndOtherRequests_areBothAnswered() throws Exception {
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      client.request(1, "GET", "/a", "", RawHttp2.END_STREAM);
      client.request(3, "POST", PUT, "application/grpc", 0);
      client.send(
          RawHttp2.DATA, RawHttp2.END_STREAM, 3, grpcMessage(PutRequest.getDefaultInstance()));

      RawHttp2.Answer http = client.answer(1);
      RawHttp2.Answer grpc = client.answer(3);

      assertThat(http.body()).isEqualTo("GET /a {}\n");
      assertThat(grpc.headers().get("content-type")).hasToString("application/grpc");
      assertThat(grpc.trailers().get("grpc-status")).hasToString("0");
    }
  }

  @Test
  void http2PostWithLargeBody_otherContentType_isDroppedWithoutStallingTheConnection()
      throws Exception {
    byte[] part = new byte[16_000];
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      for (int stream = 1; stream < 400; stream += 2) {
        client.request(stream, "POST", "/v3/kv/put", "application/json", 0);
        client.send(RawHttp2.DATA, RawHttp2.END_STREAM, stream, part);
        RawHttp2.Answer answer = client.answer(stream);
        assertThat(answer.headers().status()).hasToString("200");
      }
      client.request(401, "GET", "/after", "", RawHttp2.END_STREAM);

      assertThat(client.answer(401).body()).isEqualTo("GET /after {}\n");
    }
  }

  @Test
  void http2RequestWithoutPath_sharedPort_isRefusedWith400() throws Exception {
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      client.request(1, "GET", "*", "", RawHttp2.END_STREAM);

      assertThat(client.answer(1).headers().status()).hasToString("400");
    }
  }

  @Test
  void grpcWeb_sharedPort_isRefusedWith415() throws Exception {
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      client.request(1, "POST", PUT, "application/grpc-web", RawHttp2.END_STREAM);

      assertThat(client.answer(1).headers().status()).hasToString("415");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0016\u0003\u0001\u0002\u0000\u0001", // a TLS handshake
        "\u0000\u0000\u0000\u0000",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense that is no frame at all, for sure",
        "PRI nonsense that starts like the preface of HTTP/2",
      })
  void garbage_sharedPort_closesThatConnectionOnly(String bytes) throws Exception {
    put(1);

    try (RawHttp2 client = new RawHttp2(port.address())) {
      client.sendRaw(bytes.getBytes(StandardCharsets.ISO_8859_1));
      assertThat(client.isClosedByServer()).isTrue();
    }

    assertThat(put(18)).isEqualTo(18);
  }

  @Test
  void frameOnStreamZero_greetedConnection_closesThatConnectionOnly() throws Exception {
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      client.send(RawHttp2.DATA, 0, 0, new byte[8]);

      assertThat(client.isClosedByServer()).isTrue();
    }
    assertThat(put(19)).isEqualTo(19);
  }

  @Test
  void malformedHttp1_sharedPort_isRefusedWith400() throws Exception {
    assertThat(port.exchange("GET / HTTP/1.1\r\nbad header\u0000\r\n\r\n"))
        .startsWith("HTTP/1.1 400 Bad Request\r\n");
  }

  @Test
  void http1HeadInPieces_sharedPort_isAnsweredOnceItIsComplete() throws Exception {
    try (Socket socket = port.connect()) {
      socket.setTcpNoDelay(true);
      for (String piece : List.of("GET /hea", "lth HTTP/1.1\r\nHost: h", "\r\n")) {
        socket.getOutputStream().write(piece.getBytes(StandardCharsets.ISO_8859_1));
        port.awaitLoop();
      }
      socket
          .getOutputStream()
          .write("Connection: close\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));

      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
          .startsWith("HTTP/1.1 200 OK\r\n");
    }
  }

  @Test
  void http1HeadLargerThanOneRead_sharedPort_isAnswered() throws Exception {
    String cookie = "Cookie: " + "c".repeat(7_000) + "\r\n";

    assertThat(
            port.exchange(
                "GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                    + cookie.repeat(3)
                    + "\r\n"))
        .startsWith("HTTP/1.1 200 OK\r\n");
  }

  @Test
  void http1HeadWithoutEnd_sharedPort_isRefusedWith400() throws Exception {
    assertThat(port.exchange("GET /" + "a".repeat(8_300)))
        .startsWith("HTTP/1.1 400 Bad Request\r\n");
  }

  @Test
  void messageAboveTheLimit_grpc_isRefusedAndTheConnectionLives() {
    assertThatThrownBy(() -> put(3 << 20))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("RESOURCE_EXHAUSTED");
    assertThat(put(20)).isEqualTo(20);
  }

  @Test
  void pingsWithoutStreams_greetedConnection_areAnsweredWithTooManyPings() throws Exception {
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      client.ping(5);

      RawHttp2.Frame goAway = client.readUntil(RawHttp2.GOAWAY);

      assertThat(goAway.payload().toStringUtf8()).endsWith("too_many_pings");
    }
  }

  @Test
  void healthService_emptyName_isServing() {
    HealthCheckResponse answer =
        HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance());

    assertThat(answer.getStatus()).isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
  }

  @Test
  void healthService_whileClientsShouldGoElsewhere_isNotServing() {
    var health = HealthGrpc.newBlockingStub(channel);

    port.recommend(false);
    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(HealthCheckResponse.ServingStatus.NOT_SERVING);
    port.recommend(true);

    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void reflection_bothVersions_areServed(String version) throws Exception {
    String path = "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo";
    try (RawHttp2 client = new RawHttp2(port.address()).greet()) {
      client.request(1, "POST", path, "application/grpc", 0);
      client.send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[] {0, 0, 0, 0, 3, 58, 1, '*'});

      RawHttp2.Answer answer = client.answer(1);

      assertThat(answer.trailers().get("grpc-status")).hasToString("0");
      assertThat(answer.body()).contains("etcdserverpb.KV", "grpc.health.v1.Health");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "PR",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: h\r\n",
      })
  void clientThatSaysTooLittle_greetingOver_isClosed(String bytes) throws Exception {
    try (TestPort hasty =
            new TestPort(
                TestPort.withGreeting(Duration.ofMillis(100)), ClientPortContractTest::describe);
        RawHttp2 client = new RawHttp2(hasty.address())) {
      client.sendRaw(bytes.getBytes(StandardCharsets.ISO_8859_1));

      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void manySilentConnections_newClient_isServed() throws Exception {
    int silentCount = 2 * PortLimits.MAX_SILENT_CONNECTIONS;
    Socket[] silent = new Socket[silentCount];
    try {
      for (int i = 0; i < silentCount; i++) {
        silent[i] = port.connect();
      }

      assertThat(put(21)).isEqualTo(21);
      assertThat(port.port().openConnections())
          .isLessThanOrEqualTo(PortLimits.MAX_SILENT_CONNECTIONS + 1);
    } finally {
      for (Socket socket : silent) {
        closeQuietly(socket);
      }
    }
  }

  private static void closeQuietly(Socket socket) throws IOException {
    if (socket != null) {
      socket.close();
    }
  }
}
