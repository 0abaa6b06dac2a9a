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
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /// R9: acknowledged indexes of the voters in order, and what is committed by them.
  @ParameterizedTest
  @CsvSource({
    "7, 7",
    "7 3, 3",
    "3 7, 3",
    "9 5 1, 5",
    "1 1 9, 1",
    "9 9 0, 9",
    "4 3 2 1, 2",
    "9 9 9 0, 9",
    "9 9 0 0, 0",
    "5 4 3 2 1, 3",
    "9 9 9 0 0, 9",
    "6 5 4 3 2 1, 3",
    "7 6 5 4 3 2 1, 4",
    "0 0 0 9 9 9 9, 9",
  })
  void oneHalf_acknowledged_reachesTheMajority(String values, long expected) {
    assertThat(Quorum.of(voters(values)).reachedBy(acknowledging(values))).isEqualTo(expected);
  }

  /// E6: answers of the voters in order, `+`, `-` or none.
  @ParameterizedTest
  @CsvSource({
    "+, WON",
    "-, LOST",
    "., OPEN",
    "+ +, WON",
    "+ ., OPEN",
    "+ -, LOST",
    ". -, LOST",
    "+ + ., WON",
    "+ - ., OPEN",
    "- - ., LOST",
    "+ . ., OPEN",
    "+ + - -, LOST",
    "+ + . -, OPEN",
    "+ + + -, WON",
    "+ + - - ., OPEN",
    "- - - + +, LOST",
    "+ + + - -, WON",
  })
  void oneHalf_vote_isDecidedByTheMajority(String answers, VoteOutcome expected) {
    VoteTally tally = new VoteTally();
    String[] words = answers.split(" ", -1);
    for (int i = 0; i < words.length; i++) {
      if (!words[i].equals(".")) {
        tally.record(new MemberId(i + 1), words[i].equals("+") ? Answer.GRANTED : Answer.REFUSED);
      }
    }

    assertThat(tally.outcome(Quorum.of(voters(answers)))).isEqualTo(expected);
  }

  /// M5, mutant 20: neither the majority of one half nor that of the union is enough.
  @Test
  void jointHalves_majorityOfOneOrOfTheUnion_isNoQuorum() {
    Quorum joint = Quorum.of(joint(members(1, 2, 3), members(3, 4, 5)));

    assertThat(joint.isReachedBy(members(1, 2, 3)::contains)).isFalse();
    assertThat(joint.isReachedBy(members(3, 4, 5)::contains)).isFalse();
    assertThat(joint.isReachedBy(members(1, 2, 4)::contains)).isFalse();
    assertThat(joint.isReachedBy(members(1, 3, 4)::contains)).isTrue();
    assertThat(joint.isReachedBy(members(1, 2, 4, 5)::contains)).isTrue();
  }

  /// M5: which half is the new one makes no difference; two equal halves are like one.
  @Test
  void randomConfigurations_halvesSwapped_decideTheSame() {
    for (int run = 0; run < 20_000; run++) {
      NavigableSet<MemberId> first = randomMembers(7);
      NavigableSet<MemberId> second = randomMembers(7);
      Map<MemberId, Long> values = new TreeMap<>();
      VoteTally tally = new VoteTally();
      for (long id = 1; id <= 8; id++) {
        values.put(new MemberId(id), random.nextLong(12));
        Answer answer = ANSWERS.get(random.nextInt(ANSWERS.size()));
        if (answer != Answer.MISSING) {
          tally.record(new MemberId(id), answer);
        }
      }
      Quorum one = Quorum.of(joint(first, second));
      Quorum other = Quorum.of(joint(second, first));
      Quorum twice = Quorum.of(joint(first, first));
      Quorum once = Quorum.of(Configuration.ofVoters(first));

      assertThat(one.reachedBy(values::get)).isEqualTo(other.reachedBy(values::get));
      assertThat(tally.outcome(one)).isEqualTo(tally.outcome(other));
      assertThat(twice.reachedBy(values::get)).isEqualTo(once.reachedBy(values::get));
      assertThat(tally.outcome(twice)).isEqualTo(tally.outcome(once));
    }
  }

  /// I16: two disjoint sets are never both quorums of one configuration, and learners add nothing.
  @Test
  void randomConfigurations_membersAndTheRest_areNotBothQuorums() {
    for (int run = 0; run < 20_000; run++) {
      Quorum quorum = Quorum.of(randomConfiguration());
      NavigableSet<MemberId> some = randomMembers(8);

      assertThat(
              quorum.isReachedBy(some::contains)
                  && quorum.isReachedBy(member -> !some.contains(member)))
          .isFalse();
    }
  }

  /// M1: learners, staged ones included, are in no quorum for being learners.
  @Test
  void learners_present_countForNothing() {
    Configuration withLearners = Configuration.of(members(1, 2, 3), members(4, 5));
    Configuration staged =
        new Configuration(members(1, 2, 3), members(1, 2, 3, 4), members(5), members(4), false);

    assertThat(Quorum.of(withLearners).isReachedBy(members(1, 4, 5)::contains)).isFalse();
    assertThat(Quorum.of(staged).isReachedBy(members(1, 4, 5)::contains)).isFalse();
    assertThat(Quorum.of(staged).isReachedBy(members(1, 2, 5)::contains)).isFalse();
    assertThat(Quorum.of(staged).isReachedBy(members(1, 2, 4)::contains)).isTrue();
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
    return random.nextBoolean() ? joint(voters, randomMembers(7)) : Configuration.ofVoters(voters);
  }

  private static Configuration joint(
      NavigableSet<MemberId> voters, NavigableSet<MemberId> outgoing) {
    NavigableSet<MemberId> none = Collections.emptyNavigableSet();
    return new Configuration(voters, outgoing, none, none, false);
  }

  /// As many voters as there are words.
  private static Configuration voters(String words) {
    NavigableSet<MemberId> voters = new TreeSet<>();
    for (int i = words.split(" ", -1).length; i > 0; i--) {
      voters.add(new MemberId(i));
    }
    return Configuration.ofVoters(voters);
  }

  private static ToLongFunction<MemberId> acknowledging(String values) {
    String[] words = values.split(" ", -1);
    return member -> Long.parseLong(words[(int) member.value() - 1]);
  }

  private static NavigableSet<MemberId> members(long... ids) {
    NavigableSet<MemberId> members = new TreeSet<>();
    for (long id : ids) {
      members.add(new MemberId(id));
    }
    return members;
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
