package io.kvorum.raft.membership;

import io.kvorum.raft.membership.ConfigChange.Alter;
import io.kvorum.raft.membership.ConfigChange.LeaveJoint;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import java.util.Collections;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/// Derives the configuration that a change leads to, or says why there is none (raft.md M1-M6). The
/// same configuration and change give the same result on every member.
public final class ConfigChanger {
  private ConfigChanger() {}

  /// The result of a change.
  public sealed interface Outcome {
    record Changed(Configuration configuration) implements Outcome {}

    record Illegal(Reason reason) implements Outcome {}
  }

  /// Why a change leads nowhere.
  public enum Reason {
    /// Only leaving is possible in a joint configuration.
    ALREADY_JOINT,
    /// There is no joint configuration to leave.
    NOT_JOINT,
    NO_VOTERS_LEFT,
    MEMBER_NAMED_TWICE
  }

  public static Outcome apply(Configuration from, ConfigChange change) {
    return switch (change) {
      case LeaveJoint() -> leave(from);
      case Alter(var steps, var transition) -> {
        if (from.isJoint()) {
          yield new Outcome.Illegal(Reason.ALREADY_JOINT);
        }
        Set<MemberId> named = new HashSet<>();
        if (!steps.stream().allMatch(step -> named.add(step.member()))) {
          yield new Outcome.Illegal(Reason.MEMBER_NAMED_TWICE);
        }
        yield alter(from, new Alter(steps, transition));
      }
    };
  }

  private static Outcome alter(Configuration from, Alter change) {
    NavigableSet<MemberId> voters = new TreeSet<>(from.voters());
    NavigableSet<MemberId> learners = new TreeSet<>(from.learners());
    for (Step step : change.steps()) {
      voters.remove(step.member());
      learners.remove(step.member());
      switch (step) {
        case Step.AddVoter(var member) -> voters.add(member);
        case Step.AddLearner(var member) -> learners.add(member);
        case Step.Remove _ -> {}
      }
    }
    if (voters.isEmpty()) {
      return new Outcome.Illegal(Reason.NO_VOTERS_LEFT);
    }
    return new Outcome.Changed(
        isDirect(from, voters, change.transition())
            ? Configuration.of(voters, learners)
            : joint(from, voters, learners, change.transition()));
  }

  private static boolean isDirect(
      Configuration from, NavigableSet<MemberId> voters, Transition transition) {
    Set<MemberId> added = new TreeSet<>(voters);
    added.removeAll(from.voters());
    Set<MemberId> removed = new TreeSet<>(from.voters());
    removed.removeAll(voters);
    return transition == Transition.AUTOMATIC && added.size() + removed.size() <= 1;
  }

  /// A voter that becomes a learner keeps voting in the outgoing half, staged until the leaving.
  private static Configuration joint(
      Configuration from,
      NavigableSet<MemberId> voters,
      NavigableSet<MemberId> learners,
      Transition transition) {
    NavigableSet<MemberId> staged = new TreeSet<>(learners);
    staged.retainAll(from.voters());
    learners.removeAll(staged);
    return new Configuration(
        voters, from.voters(), learners, staged, transition != Transition.JOINT_EXPLICIT);
  }

  private static Outcome leave(Configuration from) {
    if (!from.isJoint()) {
      return new Outcome.Illegal(Reason.NOT_JOINT);
    }
    NavigableSet<MemberId> learners = new TreeSet<>(from.learners());
    learners.addAll(from.learnersNext());
    return new Outcome.Changed(
        new Configuration(
            from.voters(),
            Collections.emptyNavigableSet(),
            learners,
            Collections.emptyNavigableSet(),
            false));
  }
}
