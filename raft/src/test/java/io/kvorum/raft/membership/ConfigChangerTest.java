package io.kvorum.raft.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.ConfigChange.Alter;
import io.kvorum.raft.membership.ConfigChange.LeaveJoint;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.ConfigChanger.Outcome;
import io.kvorum.raft.membership.ConfigChanger.Outcome.Changed;
import io.kvorum.raft.membership.ConfigChanger.Outcome.Illegal;
import io.kvorum.raft.membership.ConfigChanger.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConfigChangerTest {
  private static final List<Transition> TRANSITIONS = List.of(Transition.values());
  private static final Configuration THREE = Configuration.ofVoters(ids(1, 2, 3));

  /// M4.
  @Test
  void oneVoterAdded_automatically_isDirect() {
    assertThat(change(THREE, Transition.AUTOMATIC, new Step.AddVoter(id(4))))
        .isEqualTo(new Changed(Configuration.ofVoters(ids(1, 2, 3, 4))));
  }

  /// M4.
  @Test
  void voterReplaced_automatically_isJointAndLeavesByItself() {
    Outcome outcome =
        change(THREE, Transition.AUTOMATIC, new Step.AddVoter(id(4)), new Step.Remove(id(1)));

    assertThat(outcome).isEqualTo(new Changed(joint(ids(2, 3, 4), ids(1, 2, 3), ids(), true)));
  }

  /// M6: it votes in the outgoing half until the leaving.
  @Test
  void voterDemotedJointly_left_isALearner() {
    Outcome entered = change(THREE, Transition.JOINT_EXPLICIT, new Step.AddLearner(id(3)));
    Configuration joint = joint(ids(1, 2), ids(1, 2, 3), ids(3), false);

    Outcome left = ConfigChanger.apply(joint, new LeaveJoint());

    assertThat(entered).isEqualTo(new Changed(joint));
    assertThat(left).isEqualTo(new Changed(Configuration.of(ids(1, 2), ids(3))));
  }

  @Test
  void learnerPromoted_automatically_isDirect() {
    Configuration withLearner = Configuration.of(ids(1, 2, 3), ids(4));

    assertThat(change(withLearner, Transition.AUTOMATIC, new Step.AddVoter(id(4))))
        .isEqualTo(new Changed(Configuration.ofVoters(ids(1, 2, 3, 4))));
  }

  /// M1.
  @Test
  void lastVoterRemoved_isIllegal() {
    assertThat(change(Configuration.ofVoters(ids(1)), Transition.AUTOMATIC, new Step.Remove(id(1))))
        .isEqualTo(new Illegal(Reason.NO_VOTERS_LEFT));
  }

  /// M3.
  @Test
  void jointConfiguration_anotherChange_isIllegalUntilLeft() {
    Configuration joint = joint(ids(2, 3, 4), ids(1, 2, 3), ids(), false);

    assertThat(change(joint, Transition.AUTOMATIC, new Step.AddVoter(id(5))))
        .isEqualTo(new Illegal(Reason.ALREADY_JOINT));
    assertThat(ConfigChanger.apply(THREE, new LeaveJoint()))
        .isEqualTo(new Illegal(Reason.NOT_JOINT));
  }

  @Test
  void memberNamedTwice_isIllegal() {
    assertThat(
            change(THREE, Transition.AUTOMATIC, new Step.AddVoter(id(4)), new Step.Remove(id(4))))
        .isEqualTo(new Illegal(Reason.MEMBER_NAMED_TWICE));
  }

  /// I15, I16: whatever the change, the result is legal (its constructor checks M1), holds what the
  /// steps say, and any quorum of it meets any quorum of where it came from.
  @Test
  void randomChanges_keepEveryTwoConsecutiveConfigurationsIntersecting() {
    SplittableRandom random = new SplittableRandom(20_252);
    int joints = 0;
    for (int run = 0; run < 300; run++) {
      Configuration now = Configuration.ofVoters(ids(1, 2, 3));
      for (int step = 0; step < 30; step++) {
        ConfigChange change = now.isJoint() ? new LeaveJoint() : randomChange(random);
        if (ConfigChanger.apply(now, change) instanceof Changed(Configuration next)) {
          assertQuorumsMeet(now, next);
          assertThat(ConfigChanger.apply(now, change)).isEqualTo(new Changed(next));
          joints += next.isJoint() ? 1 : 0;
          now = next;
        }
      }
    }
    assertThat(joints).isGreaterThan(300);
  }

  /// M1-M6 against the words, for every outcome of random changes: legal exactly if it may be, the
  /// members are where the steps put them, and at most one voter moves without a joint
  /// configuration.
  @Test
  void randomChanges_outcome_isTheOneOfTheDefinition() {
    SplittableRandom random = new SplittableRandom(20_255);
    int illegal = 0;
    for (int run = 0; run < 500; run++) {
      Configuration now = Configuration.ofVoters(ids(1, 2, 3));
      for (int step = 0; step < 30; step++) {
        ConfigChange change = random.nextInt(3) == 0 ? new LeaveJoint() : randomChange(random);
        switch (ConfigChanger.apply(now, change)) {
          case Illegal(var reason) -> {
            assertThat(reason).as("%s from %s", change, now).isEqualTo(reasonAgainst(now, change));
            illegal++;
          }
          case Changed(Configuration next) -> {
            assertThat(reasonAgainst(now, change)).as("%s from %s", change, now).isNull();
            assertLegal(next);
            switch (change) {
              case Alter alter -> assertAltered(now, alter, next);
              case LeaveJoint() -> assertLeft(now, next);
            }
            now = next;
          }
        }
      }
    }
    assertThat(illegal).isGreaterThan(1_000);
  }

  /// B5: what was applied once changes nothing when it is applied again.
  @Test
  void randomChanges_appliedTwice_areAppliedOnce() {
    SplittableRandom random = new SplittableRandom(20_256);
    Configuration now = THREE;
    for (int run = 0; run < 5_000; run++) {
      if (ConfigChanger.apply(now, randomChange(random)) instanceof Changed(var next)) {
        now = settled(next);
      }
      ConfigChange change = randomChange(random);
      if (ConfigChanger.apply(now, change) instanceof Changed(var once)) {
        assertThat(ConfigChanger.apply(settled(once), change))
            .as("%s from %s", change, now)
            .extracting(again -> again instanceof Changed(var twice) ? settled(twice) : again)
            .isEqualTo(settled(once));
      }
    }
  }

  /// M1: the order of the steps of one change is of no consequence.
  @Test
  void randomChanges_stepsReversed_leadToTheSame() {
    SplittableRandom random = new SplittableRandom(20_257);
    for (int run = 0; run < 5_000; run++) {
      Alter change = randomChange(random);
      Alter reversed = new Alter(change.steps().reversed(), change.transition());

      assertThat(ConfigChanger.apply(THREE, change))
          .isEqualTo(ConfigChanger.apply(THREE, reversed));
    }
  }

  private static Configuration settled(Configuration configuration) {
    return configuration.isJoint()
        ? ((Changed) ConfigChanger.apply(configuration, new LeaveJoint())).configuration()
        : configuration;
  }

  /// Null if there is nothing against it.
  private static @Nullable Reason reasonAgainst(Configuration now, ConfigChange change) {
    if (!(change instanceof Alter(var steps, _))) {
      return now.isJoint() ? null : Reason.NOT_JOINT;
    }
    if (now.isJoint()) {
      return Reason.ALREADY_JOINT;
    }
    Set<MemberId> voters = new TreeSet<>(now.voters());
    for (Step step : steps) {
      if (step instanceof Step.AddVoter) {
        voters.add(step.member());
      } else {
        voters.remove(step.member());
      }
    }
    return voters.isEmpty() ? Reason.NO_VOTERS_LEFT : null;
  }

  private static void assertLegal(Configuration configuration) {
    assertThat(configuration.voters()).isNotEmpty();
    assertThat(Collections.disjoint(configuration.learners(), configuration.voters())).isTrue();
    assertThat(Collections.disjoint(configuration.learners(), configuration.outgoing())).isTrue();
    assertThat(Collections.disjoint(configuration.learnersNext(), configuration.voters())).isTrue();
    assertThat(configuration.outgoing().containsAll(configuration.learnersNext())).isTrue();
  }

  private static void assertAltered(Configuration before, Alter change, Configuration after) {
    Configuration last = settled(after);
    for (Step step : change.steps()) {
      assertThat(last.isVoter(step.member())).isEqualTo(step instanceof Step.AddVoter);
      assertThat(last.isLearner(step.member())).isEqualTo(step instanceof Step.AddLearner);
    }
    Set<MemberId> moved = new TreeSet<>(before.voters());
    moved.removeAll(last.voters());
    Set<MemberId> added = new TreeSet<>(last.voters());
    added.removeAll(before.voters());
    moved.addAll(added);
    boolean mayBeDirect = change.transition() == Transition.AUTOMATIC && moved.size() <= 1;
    assertThat(after.isJoint()).as("%s from %s", change, before).isEqualTo(!mayBeDirect);
    if (after.isJoint()) {
      assertThat(after.outgoing()).isEqualTo(before.voters());
      assertThat(after.autoLeave()).isEqualTo(change.transition() != Transition.JOINT_EXPLICIT);
    }
    Set<MemberId> untouched = new TreeSet<>(before.members());
    change.steps().forEach(step -> untouched.remove(step.member()));
    for (MemberId member : untouched) {
      assertThat(last.isVoter(member)).isEqualTo(before.isVoter(member));
      assertThat(last.isLearner(member)).isEqualTo(before.isLearner(member));
    }
  }

  private static void assertLeft(Configuration joint, Configuration after) {
    NavigableSet<MemberId> learners = new TreeSet<>(joint.learners());
    learners.addAll(joint.learnersNext());
    assertThat(after).isEqualTo(Configuration.of(joint.voters(), learners));
  }

  private static Alter randomChange(SplittableRandom random) {
    List<Step> steps = new ArrayList<>();
    Set<MemberId> named = new TreeSet<>();
    for (int count = random.nextInt(1, 4); count > 0; count--) {
      MemberId member = id(random.nextInt(1, 7));
      if (named.add(member)) {
        steps.add(
            switch (random.nextInt(3)) {
              case 0 -> new Step.AddVoter(member);
              case 1 -> new Step.AddLearner(member);
              default -> new Step.Remove(member);
            });
      }
    }
    return new Alter(steps, TRANSITIONS.get(random.nextInt(TRANSITIONS.size())));
  }

  /// No set of members and its complement may both be quorums, one here and one there.
  private static void assertQuorumsMeet(Configuration before, Configuration after) {
    for (int set = 0; set < 64; set++) {
      int members = set;
      assertThat(hasQuorum(before, members) && hasQuorum(after, ~members))
          .as("%s and %s decide apart", before, after)
          .isFalse();
    }
  }

  private static boolean hasQuorum(Configuration configuration, int members) {
    return hasMajority(configuration.voters(), members)
        && (!configuration.isJoint() || hasMajority(configuration.outgoing(), members));
  }

  private static boolean hasMajority(Set<MemberId> voters, int members) {
    long present =
        voters.stream().filter(voter -> (members >> (voter.value() - 1) & 1) == 1).count();
    return 2 * present > voters.size();
  }

  private static Outcome change(Configuration from, Transition transition, Step... steps) {
    return ConfigChanger.apply(from, new Alter(Arrays.asList(steps), transition));
  }

  private static Configuration joint(
      NavigableSet<MemberId> voters,
      NavigableSet<MemberId> outgoing,
      NavigableSet<MemberId> learnersNext,
      boolean autoLeave) {
    return new Configuration(voters, outgoing, ids(), learnersNext, autoLeave);
  }

  private static NavigableSet<MemberId> ids(long... values) {
    NavigableSet<MemberId> ids = new TreeSet<>();
    for (long value : values) {
      ids.add(id(value));
    }
    return ids;
  }

  private static MemberId id(long value) {
    return new MemberId(value);
  }
}
