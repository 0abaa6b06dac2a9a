package io.kvorum.testkit.badinput;

import static io.kvorum.testkit.badinput.RawHttp2.END_HEADERS;
import static io.kvorum.testkit.badinput.RawHttp2.END_STREAM;
import static io.kvorum.testkit.badinput.RawHttp2.frame;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.badinput.RawHttp2.FrameType;
import io.kvorum.testkit.badinput.RawHttp2.Header;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Bytes on the client port that are no gRPC: noise, broken frames, other protocols. The connection
/// or the stream ends at once, and nobody else notices.
class BadConnectionsTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final int WINDOW = 1 << 20;

  @TempDir private static Path directory;
  private static ServerProcess server;
  private static TestClient client;

  @BeforeAll
  static void start() throws IOException {
    server = ServerProcess.kvorum(directory);
    client = TestClient.of(server);
    long _ = client.put("witness", "unharmed");
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  enum Greeting {
    SILENT,
    GREETED
  }

  /// Bytes, and how the connection or its stream 1 must end.
  record Broken(String name, Greeting greeting, String outcome, ByteString bytes) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Broken> broken() {
    return Stream.of(firstBytes(), brokenFrames(), brokenCalls()).flatMap(rows -> rows);
  }

  private static Stream<Broken> firstBytes() {
    byte[] noise = new byte[4_096];
    new SplittableRandom(7).nextBytes(noise);
    noise[0] = (byte) 0xee;
    return Stream.of(
        silent("noise", noise),
        silent("zeros", new byte[10_000]),
        silent("a TLS handshake", new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3}),
        silent("a preface that goes wrong", "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII)),
        silent(
            "a preface without SETTINGS",
            join(RawHttp2.PREFACE, frame(FrameType.PING, 0, 0, new byte[8]))));
  }

  private static Stream<Broken> brokenFrames() {
    byte[] call = RawHttp2.grpcHeaders("etcdserverpb.KV/Put");
    byte[] open = frame(FrameType.HEADERS, END_HEADERS, 1, call);
    return Stream.of(
        greeted(
            "a frame of 16 MiB", "closed", frame(FrameType.DATA, 0, 1, 0xffffff, new byte[100])),
        greeted("SETTINGS of 5 bytes", "closed", frame(FrameType.SETTINGS, 0, 0, new byte[5])),
        greeted("SETTINGS on a stream", "closed", frame(FrameType.SETTINGS, 0, 1, new byte[6])),
        greeted("PING of 7 bytes", "closed", frame(FrameType.PING, 0, 0, new byte[7])),
        greeted("HEADERS on stream 0", "closed", frame(FrameType.HEADERS, END_HEADERS, 0, call)),
        greeted(
            "HEADERS on an even stream", "closed", frame(FrameType.HEADERS, END_HEADERS, 2, call)),
        greeted(
            "HEADERS that are no HPACK",
            "closed",
            frame(FrameType.HEADERS, END_HEADERS, 1, new byte[] {(byte) 0xff, (byte) 0xff, 0x7f})),
        greeted(
            "DATA on a stream nobody opened", "closed", frame(FrameType.DATA, 0, 1, new byte[5])),
        greeted(
            "CONTINUATION of nothing",
            "closed",
            frame(FrameType.CONTINUATION, END_HEADERS, 1, call)),
        greeted(
            "HEADERS interrupted by PING",
            "closed",
            join(frame(FrameType.HEADERS, 0, 1, call), frame(FrameType.PING, 0, 0, new byte[8]))),
        greeted(
            "PUSH_PROMISE by a client", "closed", frame(FrameType.PUSH_PROMISE, 4, 1, new byte[4])),
        greeted("WINDOW_UPDATE by 0", "closed", frame(FrameType.WINDOW_UPDATE, 0, 0, new byte[4])),
        greeted(
            "a window beyond its largest",
            "closed",
            frame(FrameType.WINDOW_UPDATE, 0, 0, new byte[] {0x7f, -1, -1, -1})),
        greeted(
            "RST_STREAM of an idle stream",
            "closed",
            frame(FrameType.RST_STREAM, 0, 1, new byte[4])),
        greeted(
            "WINDOW_UPDATE by 0 on a stream",
            "reset",
            join(open, frame(FrameType.WINDOW_UPDATE, 0, 1, new byte[4]))),
        greeted("CONTINUATION without end", "closed", endlessHeaders()));
  }

  private static Stream<Broken> brokenCalls() {
    byte[] open =
        frame(FrameType.HEADERS, END_HEADERS, 1, RawHttp2.grpcHeaders("etcdserverpb.KV/Put"));
    return Stream.of(
        greeted(
            "a message compressed in no known way",
            "answered",
            join(open, frame(FrameType.DATA, END_STREAM, 1, new byte[] {1, 0, 0, 0, 2, 1, 2}))),
        greeted(
            "a message of 4 GiB",
            "answered",
            join(open, frame(FrameType.DATA, 0, 1, new byte[] {0, -1, -1, -1, -1, 1, 2}))),
        greeted(
            "a message with a reserved flag",
            "answered",
            join(open, frame(FrameType.DATA, END_STREAM, 1, new byte[] {8, 0, 0, 0, 1, 1}))),
        greeted(
            "a message that ends too early",
            "answered",
            join(open, frame(FrameType.DATA, END_STREAM, 1, new byte[] {0, 0, 0, 0, 9, 1, 2}))),
        greeted(
            "a call without any message",
            "answered",
            join(open, frame(FrameType.DATA, END_STREAM, 1, new byte[0]))),
        greeted(
            "a call without a method",
            "answered",
            frame(
                FrameType.HEADERS,
                END_HEADERS,
                1,
                RawHttp2.headers(
                    List.of(
                        new Header(":scheme", "http"),
                        new Header(":path", "/etcdserverpb.KV/Put"),
                        new Header("content-type", "application/grpc"))))));
  }

  /// HEADERS and CONTINUATION frames that never come to an end, 1 MiB of them.
  private static byte[] endlessHeaders() {
    byte[] field = RawHttp2.headers(List.of(new Header("x-filler", "f".repeat(100))));
    byte[] part = new byte[16_000 / field.length * field.length];
    for (int at = 0; at < part.length; at += field.length) {
      System.arraycopy(field, 0, part, at, field.length);
    }
    byte[] frames = frame(FrameType.HEADERS, 0, 1, RawHttp2.grpcHeaders("etcdserverpb.KV/Put"));
    byte[] more = frame(FrameType.CONTINUATION, 0, 1, part);
    byte[] all = Arrays.copyOf(frames, frames.length + 66 * more.length);
    for (int at = frames.length; at < all.length; at += more.length) {
      System.arraycopy(more, 0, all, at, more.length);
    }
    return all;
  }

  private static Broken silent(String name, byte[] bytes) {
    return new Broken(name, Greeting.SILENT, "closed", ByteString.copyFrom(bytes));
  }

  private static Broken greeted(String name, String outcome, byte[] bytes) {
    return new Broken(name, Greeting.GREETED, outcome, ByteString.copyFrom(bytes));
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  @ParameterizedTest
  @MethodSource("broken")
  void brokenBytes_sent_endTheirConnectionOrStreamAlone(Broken broken) throws IOException {
    HashKVResponse before = client.hash();

    try (RawHttp2 connection =
        switch (broken.greeting) {
          case SILENT -> RawHttp2.silent(server.clientPort());
          case GREETED -> RawHttp2.greeting(server.clientPort(), WINDOW);
        }) {
      String outcome = connection.send(broken.bytes.toByteArray(), 1, LIMIT);

      assertThat(outcome).isEqualTo(broken.outcome);
    }
    assertThat(client.get("witness").getKvs(0).getValue().toStringUtf8()).isEqualTo("unharmed");
    assertThat(client.hash().getHash()).isEqualTo(before.getHash());
    assertThat(server.isAlive()).isTrue();
  }

  @Test
  void http1_unknownPathsAndBadRequests_areAnswered() throws Exception {
    String root = "http://" + server.endpoint();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (String path : List.of("/", "/nothing", "/v2/keys", "/health/more", "/%00", "/?a=b")) {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(URI.create(root + path)).timeout(LIMIT).build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).as(path).isEqualTo(404);
      }
      HttpResponse<String> posted =
          http.send(
              HttpRequest.newBuilder(URI.create(root + "/etcdserverpb.KV/Put"))
                  .header("content-type", "application/grpc")
                  .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[100_000]))
                  .timeout(LIMIT)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(posted.statusCode()).isEqualTo(404);
    }
    for (String malformed : List.of("GET\r\n\r\n", "GET / FOO\r\n\r\n", "HELLO THERE\r\n\r\n")) {
      try (RawHttp2 connection = RawHttp2.silent(server.clientPort())) {
        connection.write(malformed.getBytes(US_ASCII));

        assertThat(connection.text(LIMIT)).as(malformed).startsWith("HTTP/1.1 400 ");
      }
    }
    try (RawHttp2 connection = RawHttp2.silent(server.clientPort())) {
      connection.write(("GET /" + "a".repeat(200_000)).getBytes(US_ASCII));

      assertThat(connection.text(LIMIT)).containsPattern("^HTTP/1.1 400 ");
    }
  }

  @Test
  void http2WithoutGrpc_requested_isServedByPath() throws IOException {
    try (RawHttp2 connection = RawHttp2.greeting(server.clientPort(), WINDOW)) {
      assertThat(get(connection, 1, "/health")).isEqualTo("200");
      assertThat(get(connection, 3, "/nothing")).isEqualTo("404");
      assertThat(get(connection, 5, "*")).isEqualTo("400");
    }
    assertThat(client.get("witness").getCount()).isEqualTo(1);
  }

  private static String get(RawHttp2 connection, int stream, String path) throws IOException {
    connection.write(
        frame(
            FrameType.HEADERS,
            END_HEADERS | END_STREAM,
            stream,
            RawHttp2.headers(
                List.of(
                    new Header(":method", "GET"),
                    new Header(":scheme", "http"),
                    new Header(":path", path),
                    new Header(":authority", "localhost")))));
    return connection.status(stream, LIMIT);
  }
}
