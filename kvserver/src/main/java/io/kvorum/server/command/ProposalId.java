package io.kvorum.server.command;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.raft.membership.MemberId;

/// The identity of a proposal in the log: only a waiter of the same member and boot may take its
/// result (raft.md B4).
///
/// @param sequence the proposal's number within the boot
public record ProposalId(Proposer proposer, long sequence) {
  /// The identity a command carries.
  public static ProposalId of(LogCommand command) {
    Proposer proposer = new Proposer(new MemberId(command.getMemberId()), command.getBootEpoch());
    return new ProposalId(proposer, command.getSequence());
  }

  /// One life of a member's process.
  ///
  /// @param bootEpoch grows with every start of the member
  public record Proposer(MemberId member, long bootEpoch) {}
}
