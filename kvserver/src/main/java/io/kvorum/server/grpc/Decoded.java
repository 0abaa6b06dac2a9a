package io.kvorum.server.grpc;

import io.grpc.Status;

/// A request message as it came off the wire: read, or not readable. A marshaller cannot refuse a
/// message with a status of its own, a call handler can.
sealed interface Decoded<T> {
  record Message<T>(T message) implements Decoded<T> {}

  /// Nothing usable came; `status` tells the client why.
  record Unreadable<T>(Status status) implements Decoded<T> {}
}
