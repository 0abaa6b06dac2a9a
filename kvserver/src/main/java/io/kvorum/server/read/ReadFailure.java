package io.kvorum.server.read;

/// Why a linearizable read was not served. A read has no effect, so it may always be sent again.
public enum ReadFailure {
  /// No leader confirmed an index, or this member did not apply it, within the request timeout.
  TIMED_OUT,
  /// The leader changed while the read waited.
  LEADER_CHANGED,
  /// The bound of waiting reads is reached.
  TOO_MANY_REQUESTS,
  /// The member stops.
  STOPPED
}
