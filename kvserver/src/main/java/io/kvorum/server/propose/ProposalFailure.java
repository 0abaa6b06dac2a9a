package io.kvorum.server.propose;

import io.kvorum.server.command.MembershipRefusal;

/// Why a proposal got no answer from the log, and what the caller may conclude from it.
public sealed interface ProposalFailure {
  /// The command is certainly in no log and never will be: it may be sent again.
  sealed interface NotDone extends ProposalFailure {}

  /// The command may take effect, now or later: it may be sent again only if it is idempotent.
  sealed interface Unknown extends ProposalFailure {}

  /// No leader was known during the whole request timeout. etcd answers `context deadline
  /// exceeded`.
  record NoLeader() implements NotDone {}

  /// A bound of the proposal queue, or the gap between commit and apply, is reached.
  record TooManyRequests() implements NotDone {}

  /// The encoded command exceeds `max-request-bytes`, counted as etcd does.
  record RequestTooLarge(int encodedBytes) implements NotDone {}

  /// The leader does not let the membership change into its log.
  record ChangeRefused(MembershipRefusal refusal) implements NotDone {}

  /// The member stops, and the command was never handed to the log.
  record StoppedBefore() implements NotDone {}

  /// The request timeout passed after the command was handed to the log.
  record TimedOut(Suspicion suspicion) implements Unknown {}

  /// The member stopped after the command was handed to the log.
  record StoppedAfter() implements Unknown {}

  /// This member has installed a snapshot, which may contain the command's effect, and will not see
  /// its entry then. etcd lets it time out.
  record Overtaken() implements Unknown {}

  /// What probably delayed a command that timed out.
  enum Suspicion {
    /// Nothing is known. etcd: `request timed out`.
    NONE,
    /// A leader was lost around the start of the request.
    LEADER_FAILURE,
    /// The connection to the leader, or on the leader to the quorum, was lost.
    CONNECTION_LOST
  }
}
