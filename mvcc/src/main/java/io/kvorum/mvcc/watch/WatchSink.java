package io.kvorum.mvcc.watch;

/// Where a stream's messages go: the transport of one client stream, on the stream's event loop.
public interface WatchSink {

  /// Whether the transport takes more without piling it up. When this turns from false to true,
  /// [WatchStream#ready()] must be called.
  boolean isReady();

  /// Hands over one message. Messages arrive at the client in the order of these calls. Answers to
  /// requests are sent whether or not the sink is ready, so requests must not be read while it is
  /// not.
  void send(WatchMessage message);
}
