package io.kvorum.raft;

import io.kvorum.raft.membership.MemberId;
import java.util.Optional;

/// Decides votes (Raft §5.2, §5.4.1; raft.md E5). Only what is known of the voter goes in.
record VoteRule(Ballot ballot, boolean isLeaderKnown, EntryId last) {
  /// The decision and its reason.
  enum Verdict {
    GRANTED,
    ALREADY_VOTED,
    LEADER_KNOWN,
    LOG_BEHIND;

    boolean isGranted() {
      return this == GRANTED;
    }
  }

  /// Answers a campaign in the voter's own term.
  Verdict vote(MemberId candidate, EntryId candidateLast) {
    Optional<MemberId> vote = ballot.vote();
    if (vote.isPresent() && !vote.get().equals(candidate)) {
      return Verdict.ALREADY_VOTED;
    }
    if (vote.isEmpty() && isLeaderKnown) {
      return Verdict.LEADER_KNOWN;
    }
    return judgeLog(candidateLast);
  }

  /// Answers whether a campaign in `term`, which is not before the voter's, could count on it.
  Verdict preVote(long term, MemberId candidate, EntryId candidateLast) {
    return term > ballot.term() ? judgeLog(candidateLast) : vote(candidate, candidateLast);
  }

  private Verdict judgeLog(EntryId candidateLast) {
    return candidateLast.compareTo(last) >= 0 ? Verdict.GRANTED : Verdict.LOG_BEHIND;
  }
}
