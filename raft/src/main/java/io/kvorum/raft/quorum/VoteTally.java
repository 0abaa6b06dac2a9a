package io.kvorum.raft.quorum;

import io.kvorum.raft.membership.MemberId;
import java.util.Map;
import java.util.TreeMap;

/// The answers to one campaign. The first answer of a member counts, later ones change nothing
/// (raft.md E6).
public final class VoteTally {
  /// What a member has said so far.
  public enum Answer {
    GRANTED,
    REFUSED,
    MISSING
  }

  private final Map<MemberId, Answer> answers = new TreeMap<>();

  public void record(MemberId voter, Answer answer) {
    answers.putIfAbsent(voter, answer);
  }

  public VoteOutcome outcome(Quorum quorum) {
    return quorum.outcome(voter -> answers.getOrDefault(voter, Answer.MISSING));
  }
}
