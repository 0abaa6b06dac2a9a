package io.kvorum.server.cluster;

/// Why a question to another member got no answer, and what the asker may conclude.
public sealed interface CallFailure {
  /// Nothing left this member: there is no connection, no room, or the member stops. Nothing has
  /// happened.
  record NotSent() implements CallFailure {}

  /// The time was up or the connection was lost. The peer may have done what it was asked.
  record NoAnswer() implements CallFailure {}

  /// The peer says that it did nothing.
  record Refused(Refusal why) implements CallFailure {}

  /// Why a member refuses a question.
  enum Refusal {
    /// It is of a later version than the member.
    UNSUPPORTED,
    /// The member does not lead, or cannot prove it.
    NOT_LEADER,
    /// The member waited too long itself.
    TIMED_OUT,
    /// Too many questions wait there.
    OVERLOADED,
    /// The member stops.
    STOPPED,
    /// A reason that only a later version knows.
    OTHER
  }
}
