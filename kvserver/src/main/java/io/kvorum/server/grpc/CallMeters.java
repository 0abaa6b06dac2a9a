package io.kvorum.server.grpc;

/// Where the services report their calls (`grpc_server_*` metrics of `operations.md` §3). A seam,
/// so that metrics need not know gRPC nor gRPC the metrics.
@FunctionalInterface
public interface CallMeters {

  /// Counts nothing.
  CallMeters NONE = (type, service, method) -> MethodMeter.NONE;

  /// The meter of one method; asked once per method when the server starts, so that a member can
  /// show every method from the beginning.
  ///
  /// @param type `unary`, `client_stream`, `server_stream` or `bidi_stream`
  /// @param service full name, as `etcdserverpb.KV`
  /// @param method as `Range`
  MethodMeter of(String type, String service, String method);

  /// A call was made.
  ///
  /// @param type `unary` or `stream`
  /// @param version the API version that the client names, or `unknown`
  default void clientRequest(String type, String version) {}

  /// Counts the calls of one method. Called by event loops; must not wait.
  interface MethodMeter {
    MethodMeter NONE =
        new MethodMeter() {
          @Override
          public void started() {}

          @Override
          public void received() {}

          @Override
          public void sent() {}

          @Override
          public void handled(String code, long nanos) {}
        };

    void started();

    /// One request message came.
    void received();

    /// One response message was sent.
    void sent();

    /// The call ended.
    ///
    /// @param code as Go spells it: `OK`, `Canceled`, `NotFound`, ...
    /// @param nanos since it started
    void handled(String code, long nanos);
  }
}
