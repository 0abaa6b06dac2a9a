package io.kvorum.raft;

/// Why a proposal is certainly in no log. The proposer may try again.
public enum ProposalRefusal {
  /// Nobody is known to lead.
  NO_LEADER,
  /// The member that was asked does not lead, and does not hand this kind of proposal on.
  NOT_LEADER,
  /// Too much is proposed and not yet applied (raft.md B1).
  UNCOMMITTED_LIMIT,
  /// A membership change is still under way (M3).
  CHANGE_PENDING,
  /// The membership change does not lead to a legal configuration (M1, M4).
  CHANGE_ILLEGAL,
  /// The leader is about to hand over (L2).
  TRANSFERRING,
  /// Only a voter other than the leader can be handed the leadership (L1).
  TRANSFER_TARGET,
  /// The member is shutting down.
  STOPPED
}
