package io.kvorum.server.grpc;

/// The answer of a call whose answers may be large: a message, or the same as a stream of bytes
/// that is made while it is sent.
///
/// @param <M> the message type that the client reads
sealed interface Answer<M> {
  record Whole<M>(M message) implements Answer<M> {}

  /// Can be sent once.
  record Large<M>(LargeAnswer bytes) implements Answer<M> {}
}
