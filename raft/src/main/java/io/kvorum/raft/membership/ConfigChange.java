package io.kvorum.raft.membership;

import java.util.List;

/// A wish to change who belongs to the group.
public sealed interface ConfigChange {
  /// Moves single members. Takes effect directly if at most one voter differs, and through a joint
  /// configuration otherwise (raft.md M4).
  record Alter(List<Step> steps, Transition transition) implements ConfigChange {
    public Alter {
      steps = List.copyOf(steps);
    }
  }

  /// Leaves the joint configuration.
  record LeaveJoint() implements ConfigChange {}

  /// What happens to one member.
  sealed interface Step {
    MemberId member();

    record AddVoter(MemberId member) implements Step {}

    /// Adds a learner, or demotes a voter.
    record AddLearner(MemberId member) implements Step {}

    record Remove(MemberId member) implements Step {}
  }

  /// How the change gets from the old configuration to the new one.
  enum Transition {
    /// Directly if one voter at most differs, otherwise jointly with [#JOINT_AUTOMATIC] leaving.
    AUTOMATIC,
    /// Jointly; the leader leaves by itself once the joint configuration is applied.
    JOINT_AUTOMATIC,
    /// Jointly; an explicit [LeaveJoint] follows.
    JOINT_EXPLICIT
  }
}
