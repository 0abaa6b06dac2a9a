package io.kvorum.server.observe;

import com.google.protobuf.ByteString;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.transport.HttpAnswer;
import io.kvorum.server.transport.HttpAnswer.Header;
import io.kvorum.server.transport.HttpHandler;
import io.kvorum.server.transport.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// The HTTP side of a client port: `/health`, `/livez`, `/readyz`, `/version`, `/metrics`,
/// `/debug/vars` (operations.md §2). Called on event loops.
public final class HttpEndpoints implements HttpHandler {
  private final MemberConfig.HttpAccess access;
  private final CheckEndpoint livez;
  private final CheckEndpoint readyz;
  private final Map<String, HttpHandler> byPath = new TreeMap<>();

  /// What the endpoints show of the member.
  ///
  /// @param versionJson the body of `/version`
  /// @param variablesJson the body of `/debug/vars`
  public record Facts(
      Supplier<String> versionJson, Supplier<String> variablesJson, Supplier<String> metricsText) {}

  /// The endpoints of a client URL.
  ///
  /// @param renderers writes metrics; must not be event loops
  public HttpEndpoints(
      MemberConfig.HttpAccess access,
      HealthProbes probes,
      ServerMetrics metrics,
      Facts facts,
      Executor renderers) {
    this(
        access,
        probes,
        metrics,
        new MetricsEndpoint(facts.metricsText(), renderers, metrics::scraped));
    byPath.put("/version", (_, reply) -> reply.send(json(facts.versionJson().get())));
    byPath.put("/debug/vars", (_, reply) -> reply.send(json(facts.variablesJson().get())));
  }

  private HttpEndpoints(
      MemberConfig.HttpAccess access,
      HealthProbes probes,
      ServerMetrics metrics,
      HttpHandler metricsEndpoint) {
    this.access = access;
    this.livez = CheckEndpoint.livez(probes, metrics.checksOf("livez"));
    this.readyz = CheckEndpoint.readyz(probes, metrics.checksOf("readyz"));
    byPath.put("/health", new HealthEndpoint(probes, metrics::healthAnswered));
    byPath.put("/metrics", metricsEndpoint);
  }

  /// The endpoints of a metrics URL, which has metrics and health alone (operations.md §2).
  public static HttpEndpoints ofMetricsUrl(HttpEndpoints clientUrl) {
    HttpEndpoints some = new HttpEndpoints(clientUrl);
    some.byPath.keySet().retainAll(List.of("/metrics", "/health"));
    return some;
  }

  private HttpEndpoints(HttpEndpoints other) {
    this.access = other.access;
    this.livez = other.livez;
    this.readyz = other.readyz;
    this.byPath.putAll(other.byPath);
  }

  @Override
  public void handle(HttpRequest request, Reply reply) {
    List<Header> crossOrigin = crossOrigin(request);
    Reply answering = answer -> reply.send(with(answer, crossOrigin));
    if (!isAllowedHost(request)) {
      answering.send(
          HttpAnswer.text(
              421, "the host of this request is not in the whitelist (--host-whitelist)\n"));
      return;
    }
    if (request.method().equals("OPTIONS")) {
      answering.send(new HttpAnswer(200, List.of(), ByteString.EMPTY));
      return;
    }
    Optional<HttpHandler> endpoint = endpoint(request.path());
    if (endpoint.isEmpty()) {
      answering.send(HttpAnswer.text(404, "404 page not found\n"));
    } else if (!request.method().equals("GET")) {
      HttpAnswer refused = HttpAnswer.text(405, "Method Not Allowed\n");
      answering.send(with(refused, List.of(new Header("allow", "GET"))));
    } else {
      endpoint.get().handle(request, answering);
    }
  }

  private Optional<HttpHandler> endpoint(String path) {
    if (livez.serves(path)) {
      return Optional.of(livez);
    }
    if (readyz.serves(path)) {
      return Optional.of(readyz);
    }
    return Optional.ofNullable(byPath.get(path));
  }

  private boolean isAllowedHost(HttpRequest request) {
    if (access.hostWhitelist().contains("*")) {
      return true;
    }
    String host = request.header("host").orElse("");
    int port = host.lastIndexOf(':');
    return access.hostWhitelist().contains(port > 0 ? host.substring(0, port) : host);
  }

  private List<Header> crossOrigin(HttpRequest request) {
    List<String> allowed = access.corsOrigins();
    String origin = request.header("origin").orElse("");
    if (!allowed.contains("*") && !allowed.contains(origin)) {
      return List.of();
    }
    return List.of(
        new Header("access-control-allow-methods", "POST, GET, OPTIONS, PUT, DELETE"),
        new Header("access-control-allow-origin", allowed.contains("*") ? "*" : origin),
        new Header("access-control-allow-headers", "accept, content-type, authorization"));
  }

  private static HttpAnswer json(String body) {
    return new HttpAnswer(
        200,
        List.of(new Header("content-type", "application/json")),
        ByteString.copyFromUtf8(body));
  }

  private static HttpAnswer with(HttpAnswer answer, List<Header> more) {
    List<Header> headers = new ArrayList<>(answer.headers());
    headers.addAll(more);
    return new HttpAnswer(answer.status(), headers, answer.body());
  }
}
