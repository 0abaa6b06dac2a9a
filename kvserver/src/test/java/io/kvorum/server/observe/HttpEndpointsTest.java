package io.kvorum.server.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.server.config.ListenUrl;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.transport.ClientPort;
import io.kvorum.server.transport.HttpHandler;
import io.kvorum.server.transport.ListenPoint;
import io.kvorum.server.transport.NettyEventLoops;
import io.kvorum.server.transport.PortLimits;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// operations.md §2, on a real port.
class HttpEndpointsTest {
  private static final Executor ELSEWHERE = task -> Thread.ofVirtual().start(task);

  /// A member whose condition the test sets.
  private static final class Condition implements HealthProbes {
    private List<String> alarms = List.of();
    private boolean hasLeader = true;
    private boolean isLearner;
    private Optional<String> localProblem = Optional.empty();
    private Optional<String> leaderProblem = Optional.empty();

    @Override
    public List<String> alarms() {
      return alarms;
    }

    @Override
    public boolean hasLeader() {
      return hasLeader;
    }

    @Override
    public boolean isLearner() {
      return isLearner;
    }

    @Override
    public void readLocally(Consumer<Optional<String>> outcome) {
      outcome.accept(localProblem);
    }

    @Override
    public void readLinearizably(Consumer<Optional<String>> outcome) {
      ELSEWHERE.execute(() -> outcome.accept(leaderProblem));
    }
  }

  private final Condition condition = new Condition();
  private final ServerMetrics metrics = new ServerMetrics(Observations.BASIC, System::nanoTime);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private NettyEventLoops loops;
  private ClientPort port;

  @BeforeEach
  void open() throws Exception {
    loops = NettyEventLoops.start(1);
    listen(new MemberConfig.HttpAccess(List.of("*"), List.of("*")));
  }

  private void listen(MemberConfig.HttpAccess access) throws Exception {
    HttpEndpoints endpoints =
        new HttpEndpoints(
            access,
            condition,
            metrics,
            new HttpEndpoints.Facts(() -> "{\"v\":1}", () -> "{\"d\":2}", metrics::text),
            ELSEWHERE);
    PortLimits limits =
        new PortLimits(
            100,
            100,
            1 << 20,
            new MemberConfig.KeepAlive(Duration.ofSeconds(5), Duration.ZERO, Duration.ZERO),
            new MemberConfig.SocketReuse(false, false),
            Duration.ofSeconds(10),
            Duration.ofMillis(200));
    port =
        ClientPort.open(
            limits, loops, List.of(point(endpoints), point(HttpEndpoints.ofMetricsUrl(endpoints))));
  }

  private static ListenPoint point(HttpHandler handler) {
    ListenUrl url = new ListenUrl(ListenUrl.Scheme.HTTP, "127.0.0.1", 0, "http://127.0.0.1:0");
    return new ListenPoint(url, ListenPoint.GrpcCalls.none(), handler);
  }

  @AfterEach
  void close() {
    client.close();
    port.close();
    loops.close();
  }

  private HttpResponse<String> ask(String method, String target, String... headers)
      throws Exception {
    return ask(0, method, target, headers);
  }

  private HttpResponse<String> ask(int listener, String method, String target, String... headers)
      throws Exception {
    InetSocketAddress address = (InetSocketAddress) port.addresses().get(listener);
    URI uri = URI.create("http://127.0.0.1:" + address.getPort() + target);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(
        request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "/health|200|{\"health\":\"true\",\"reason\":\"\"}",
        "/livez|200|ok\\n",
        "/livez?verbose|200|[+]serializable_read ok\\nok\\n",
        "/readyz|200|ok\\n",
        "/readyz?verbose=0|200|[+]data_corruption ok\\n[+]serializable_read ok\\n"
            + "[+]linearizable_read ok\\n[+]non_learner ok\\nok\\n",
        "/readyz/linearizable_read?verbose|200|[+]linearizable_read ok\\nok\\n",
        "/readyz/unheard_of|404|404 page not found\\n",
        "/version|200|{\"v\":1}",
        "/debug/vars|200|{\"d\":2}",
        "/nowhere|404|404 page not found\\n",
      })
  void healthyMember_asked_answers(String target, int status, String body) throws Exception {
    HttpResponse<String> answer = ask("GET", target);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo(body.replace("\\n", "\n"));
    assertThat(answer.headers().firstValue("access-control-allow-origin")).contains("*");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOSPACE|/health|503|ALARM NOSPACE",
        "CORRUPT|/health|503|ALARM CORRUPT",
        "NOSPACE|/health?exclude=NOSPACE|200|true",
        "NOSPACE|/readyz|200|ok",
        "CORRUPT|/livez|200|ok",
        "CORRUPT|/readyz|503|[-]data_corruption failed: alarm activated: CORRUPT",
        "CORRUPT|/readyz?exclude=data_corruption|200|ok",
      })
  void alarm_asked_failsWhereItMatters(String alarm, String target, int status, String part)
      throws Exception {
    condition.alarms = List.of(alarm);

    HttpResponse<String> answer = ask("GET", target);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).contains(part);
  }

  @Test
  void noLeader_health_failsUnlessSerializable() throws Exception {
    condition.hasLeader = false;

    HttpResponse<String> refused = ask("GET", "/health");

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).isEqualTo("{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n");
    assertThat(refused.headers().firstValue("content-type").orElseThrow()).startsWith("text/plain");
    assertThat(ask("GET", "/health?serializable=true").statusCode()).isEqualTo(200);
  }

  @Test
  void failingReads_asked_areListedWithTheOthers() throws Exception {
    condition.leaderProblem = Optional.of("etcdserver: request timed out");
    condition.isLearner = true;

    assertThat(ask("GET", "/readyz").body())
        .isEqualTo(
            "[+]data_corruption ok\n[+]serializable_read ok\n[-]linearizable_read failed:"
                + " etcdserver: request timed out\n[-]non_learner failed: not supported for"
                + " learner\n");
    assertThat(ask("GET", "/health").body()).contains("RANGE ERROR:etcdserver: request timed out");
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /health",
    "HEAD, /health",
    "PUT, /version",
    "DELETE, /livez",
    "POST, /readyz/non_learner"
  })
  void wrongMethod_asked_isRefusedWithAllow(String method, String target) throws Exception {
    HttpResponse<String> answer = ask(method, target);

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("allow")).contains("GET");
    assertThat(answer.body()).isEqualTo(method.equals("HEAD") ? "" : "Method Not Allowed\n");
  }

  @Test
  void options_anywhere_areAnsweredEmpty() throws Exception {
    HttpResponse<String> answer = ask("OPTIONS", "/v3/kv/range");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
    assertThat(answer.headers().firstValue("access-control-allow-methods"))
        .contains("POST, GET, OPTIONS, PUT, DELETE");
  }

  @Test
  void restrictedAccess_foreignHostOrOrigin_isRefusedOrNotBlessed() throws Exception {
    port.close();
    listen(new MemberConfig.HttpAccess(List.of("http://ok"), List.of("127.0.0.1")));

    assertThat(ask("GET", "/health", "Origin", "http://evil").headers().map())
        .doesNotContainKey("access-control-allow-origin");
    assertThat(
            ask("GET", "/health", "Origin", "http://ok")
                .headers()
                .firstValue("access-control-allow-origin"))
        .contains("http://ok");

    port.close();
    listen(new MemberConfig.HttpAccess(List.of("*"), List.of("example.com")));
    assertThat(ask("GET", "/health").statusCode()).isEqualTo(421);
  }

  @Test
  void metrics_scraped_haveTheNamesThatDashboardsUse() throws Exception {
    metrics.calls().of("unary", "etcdserverpb.KV", "Range").handled("OK", 17);
    ask("GET", "/health");

    HttpResponse<String> answer = ask("GET", "/metrics");

    assertThat(answer.headers().firstValue("content-type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    assertThat(answer.body())
        .contains(
            "# TYPE grpc_server_handled_total counter\n",
            "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1\n",
            "grpc_server_handled_total{grpc_code=\"DataLoss\",grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 0\n",
            "etcd_server_health_success 1\n");
  }

  @Test
  void metrics_scrapedWithGzip_areCompressed() throws Exception {
    HttpResponse<String> answer = ask("GET", "/metrics", "Accept-Encoding", "gzip");

    assertThat(answer.headers().firstValue("content-encoding")).contains("gzip");
    byte[] body = answer.body().getBytes(StandardCharsets.ISO_8859_1);
    try (GZIPInputStream plain = new GZIPInputStream(new ByteArrayInputStream(body))) {
      assertThat(new String(plain.readAllBytes(), StandardCharsets.UTF_8))
          .contains("etcd_server_leader_changes_seen_total 0\n");
    }
  }

  @ParameterizedTest
  @CsvSource({"/metrics, 200", "/health, 200", "/readyz, 200", "/version, 404", "/debug/vars, 404"})
  void metricsUrl_asked_servesMetricsAndHealthAlone(String target, int status) throws Exception {
    assertThat(ask(1, "GET", target).statusCode()).isEqualTo(status);
  }
}
