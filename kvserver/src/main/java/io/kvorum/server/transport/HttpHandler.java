package io.kvorum.server.transport;

/// Answers the HTTP requests of a port.
@FunctionalInterface
public interface HttpHandler {

  /// Called on the event loop of the connection, and must not wait. The answer may be given at once
  /// or later, on any thread; a request that is never answered holds its connection until the
  /// client gives up.
  void handle(HttpRequest request, Reply reply);

  /// Where the answer goes.
  @FunctionalInterface
  interface Reply {

    /// Sends the answer; only the first one counts. Nothing happens when the client has gone.
    void send(HttpAnswer answer);
  }
}
