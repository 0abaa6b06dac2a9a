package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.membership.MemberId;
import java.util.Optional;

/// The term a member is in and whom it voted for in it: the promise that must never be forgotten
/// (Raft §5.2). Both change in one durable step, or a crash between them would free the vote.
public record Ballot(long term, Optional<MemberId> vote) {
  /// Before any election.
  public static final Ballot NONE = new Ballot(0, Optional.empty());

  public Ballot {
    Invariant.check(term >= 0, "term %d is negative", term);
    Invariant.check(term > 0 || vote.isEmpty(), "a vote in term 0");
  }
}
