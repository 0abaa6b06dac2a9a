package io.kvorum.server.propose;

import io.kvorum.server.command.ApplyResult;

/// The commands of this member that wait for their outcome.
public final class Proposals {
  private Proposals() {}

  /// Receives the one outcome of a proposal, on the event loop that was named with it.
  public interface Callback {
    /// The command was applied on this member; readers of this member see its effect.
    void applied(ApplyResult result);

    /// No answer came from the log. The failure says whether the effect is excluded or possible.
    void failed(ProposalFailure failure);
  }
}
