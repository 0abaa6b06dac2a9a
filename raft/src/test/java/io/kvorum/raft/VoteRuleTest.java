package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Every combination of vote, leader, last id and term against the words of the rule (raft.md E5).
class VoteRuleTest {
  private static final long TERM = 4;
  private static final MemberId CANDIDATE = new MemberId(2);
  private static final List<Optional<MemberId>> VOTES =
      List.of(Optional.empty(), Optional.of(CANDIDATE), Optional.of(new MemberId(3)));
  private static final List<Boolean> BOTH = List.of(false, true);
  private static final List<EntryId> LASTS =
      List.of(id(1, 1), id(2, 9), id(3, 2), id(3, 3), id(3, 4), id(4, 2), id(4, 9));

  @Test
  void everyCombination_vote_followsTheRule() {
    for (Optional<MemberId> vote : VOTES) {
      for (boolean isLeaderKnown : BOTH) {
        for (EntryId own : LASTS) {
          for (EntryId asked : LASTS) {
            VoteRule rule = new VoteRule(new Ballot(TERM, vote), isLeaderKnown, own);

            assertThat(rule.vote(CANDIDATE, asked).isGranted())
                .as("%s, asked with %s", rule, asked)
                .isEqualTo(isFree(vote, isLeaderKnown) && isAtLeastAsNew(asked, own));
          }
        }
      }
    }
  }

  /// For a future term only the log counts; nothing is promised by a pre-vote (E3).
  @Test
  void everyCombination_preVote_followsTheRule() {
    for (Optional<MemberId> vote : VOTES) {
      for (boolean isLeaderKnown : BOTH) {
        for (EntryId own : LASTS) {
          for (EntryId asked : LASTS) {
            VoteRule rule = new VoteRule(new Ballot(TERM, vote), isLeaderKnown, own);
            boolean isNew = isAtLeastAsNew(asked, own);

            assertThat(rule.preVote(TERM + 1, CANDIDATE, asked).isGranted())
                .as("%s, asked for a later term with %s", rule, asked)
                .isEqualTo(isNew);
            assertThat(rule.preVote(TERM, CANDIDATE, asked).isGranted())
                .as("%s, asked for its term with %s", rule, asked)
                .isEqualTo(isFree(vote, isLeaderKnown) && isNew);
          }
        }
      }
    }
  }

  private static boolean isFree(Optional<MemberId> vote, boolean isLeaderKnown) {
    boolean hasVotedForCandidate = vote.equals(Optional.of(CANDIDATE));
    return hasVotedForCandidate || (vote.isEmpty() && !isLeaderKnown);
  }

  private static boolean isAtLeastAsNew(EntryId asked, EntryId own) {
    return asked.term() > own.term()
        || (asked.term() == own.term() && asked.index() >= own.index());
  }

  private static EntryId id(long term, long index) {
    return new EntryId(term, index);
  }
}
