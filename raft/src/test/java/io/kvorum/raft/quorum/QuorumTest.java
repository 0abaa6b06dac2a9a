package io.kvorum.raft.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// The arithmetic against the definition: a quorum is any set that holds more than half of the
/// voters, and more than half of the outgoing ones (M5).
class QuorumTest {
  private static final List<Answer> ANSWERS = List.of(Answer.values());

  private final SplittableRandom random = new SplittableRandom(20_251);

  @Test
  void randomConfigurations_reachedBy_isTheLargestValueThatAQuorumReached() {
    for (int run = 0; run < 20_000; run++) {
      Configuration configuration = randomConfiguration();
      Map<MemberId, Long> values = new TreeMap<>();
      configuration.members().forEach(member -> values.put(member, random.nextLong(12)));

      long reached = Quorum.of(configuration).reachedBy(member -> values.getOrDefault(member, 0L));

      long expected =
          LongStream.range(0, 12)
              .filter(
                  candidate ->
                      hasQuorum(
                          configuration, member -> values.getOrDefault(member, 0L) >= candidate))
              .max()
              .orElse(0);
      assertThat(reached).as("%s %s", configuration, values).isEqualTo(expected);
    }
  }

  @Test
  void randomConfigurations_vote_isDecidedWhenNoRemainingAnswerCanChangeIt() {
    for (int run = 0; run < 20_000; run++) {
      Configuration configuration = randomConfiguration();
      Map<MemberId, Answer> answers = new TreeMap<>();
      VoteTally tally = new VoteTally();
      for (MemberId member : configuration.members()) {
        Answer answer = ANSWERS.get(random.nextInt(ANSWERS.size()));
        answers.put(member, answer);
        if (answer != Answer.MISSING) {
          tally.record(member, answer);
        }
      }

      VoteOutcome outcome = tally.outcome(Quorum.of(configuration));

      boolean isWon = hasQuorum(configuration, member -> answers.get(member) == Answer.GRANTED);
      boolean canBeWon = hasQuorum(configuration, member -> answers.get(member) != Answer.REFUSED);
      assertThat(outcome)
          .as("%s %s", configuration, answers)
          .isEqualTo(isWon ? VoteOutcome.WON : canBeWon ? VoteOutcome.OPEN : VoteOutcome.LOST);
    }
  }

  @Test
  void randomConfigurations_presence_agreesWithTheDefinition() {
    for (int run = 0; run < 20_000; run++) {
      Configuration configuration = randomConfiguration();
      NavigableSet<MemberId> present = randomMembers(8);

      assertThat(Quorum.of(configuration).isReachedBy(present::contains))
          .as("%s %s", configuration, present)
          .isEqualTo(hasQuorum(configuration, present::contains));
    }
  }

  /// E6: a late or repeated answer changes nothing.
  @Test
  void secondAnswerOfAMember_recorded_isIgnored() {
    VoteTally tally = new VoteTally();
    MemberId voter = new MemberId(3);
    tally.record(voter, Answer.REFUSED);

    tally.record(voter, Answer.GRANTED);

    assertThat(tally.outcome(Quorum.of(Configuration.ofVoters(Collections.singleton(voter)))))
        .isEqualTo(VoteOutcome.LOST);
  }

  @Test
  void noVoters_anything_isNeverReached() {
    Quorum nobody = Quorum.of(Configuration.EMPTY);

    assertThat(nobody.reachedBy(_ -> 17)).isZero();
    assertThat(nobody.isReachedBy(_ -> true)).isFalse();
    assertThat(new VoteTally().outcome(nobody)).isEqualTo(VoteOutcome.LOST);
  }

  private Configuration randomConfiguration() {
    NavigableSet<MemberId> voters = randomMembers(7);
    NavigableSet<MemberId> outgoing =
        random.nextBoolean() ? randomMembers(7) : Collections.emptyNavigableSet();
    return new Configuration(
        voters, outgoing, Collections.emptyNavigableSet(), Collections.emptyNavigableSet(), false);
  }

  private NavigableSet<MemberId> randomMembers(int most) {
    NavigableSet<MemberId> members = new TreeSet<>();
    for (int count = random.nextInt(1, most + 1); count > 0; count--) {
      members.add(new MemberId(random.nextInt(1, 9)));
    }
    return members;
  }

  private static boolean hasQuorum(Configuration configuration, Predicate<MemberId> isIn) {
    return hasMajority(configuration.voters(), isIn)
        && (!configuration.isJoint() || hasMajority(configuration.outgoing(), isIn));
  }

  private static boolean hasMajority(Collection<MemberId> voters, Predicate<MemberId> isIn) {
    return 2 * voters.stream().filter(isIn).count() > voters.size();
  }
}
