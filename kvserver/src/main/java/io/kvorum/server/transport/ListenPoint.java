package io.kvorum.server.transport;

import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.kvorum.server.config.ListenUrl;
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

    boolean isNone() {
      return services.isEmpty();
    }
  }
}
