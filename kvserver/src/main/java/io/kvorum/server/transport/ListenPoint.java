package io.kvorum.server.transport;

import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.kvorum.server.config.ListenUrl;
import io.kvorum.server.config.MemberConfig;
import java.util.ArrayList;
import java.util.List;

/// One URL to listen on, and what is served there.
public record ListenPoint(ListenUrl url, GrpcCalls calls, HttpHandler http) {

  /// The gRPC side of a port; [#none()] for one that speaks HTTP alone.
  ///
  /// @param services without health and reflection, which are added
  public record GrpcCalls(
      List<ServerServiceDefinition> services,
      List<ServerInterceptor> interceptors,
      List<ServerStreamTracer.Factory> tracers) {

    public GrpcCalls {
      services = List.copyOf(services);
      interceptors = List.copyOf(interceptors);
      tracers = List.copyOf(tracers);
    }

    public static GrpcCalls none() {
      return new GrpcCalls(List.of(), List.of(), List.of());
    }
  }

  /// Every URL of the settings: client URLs serve gRPC and HTTP, unless HTTP has URLs of its own,
  /// and metrics URLs are extra.
  public static List<ListenPoint> of(
      MemberConfig.Listeners listeners, GrpcCalls calls, HttpHandler http, HttpHandler metrics) {
    List<ListenPoint> points = new ArrayList<>();
    HttpHandler besideGrpc = listeners.httpUrls().isEmpty() ? http : ListenPoint::notFound;
    listeners.clientUrls().forEach(url -> points.add(new ListenPoint(url, calls, besideGrpc)));
    listeners.httpUrls().forEach(url -> points.add(new ListenPoint(url, GrpcCalls.none(), http)));
    listeners
        .metricsUrls()
        .forEach(url -> points.add(new ListenPoint(url, GrpcCalls.none(), metrics)));
    return List.copyOf(points);
  }

  private static void notFound(HttpRequest request, HttpHandler.Reply reply) {
    reply.send(HttpAnswer.text(404, "404 page not found\n"));
  }
}
