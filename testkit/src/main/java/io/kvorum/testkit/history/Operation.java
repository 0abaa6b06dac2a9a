package io.kvorum.testkit.history;

/// One request of one client.
///
/// @param invokedNanos before it was sent, on a clock that all clients share
/// @param returnedNanos after its answer came; without meaning if the outcome is unknown
public record Operation(
    String client, long invokedNanos, long returnedNanos, Request request, Outcome outcome) {
  /// The same request with another outcome.
  Operation with(Outcome other) {
    return new Operation(client, invokedNanos, returnedNanos, request, other);
  }
}
