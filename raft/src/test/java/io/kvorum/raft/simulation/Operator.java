package io.kvorum.raft.simulation;

import io.kvorum.raft.Input;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Alter;
import io.kvorum.raft.membership.ConfigChange.LeaveJoint;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.ConfigChanger;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Changes the membership now and then, with the care of M15: never so that the members that live
/// are no quorum. Sends nonsense as well, which must be refused.
final class Operator {
  private static final int MOST_MEMBERS = 9;

  private final World world;
  private final RandomGenerator random;

  Operator(World world, RandomGenerator random) {
    this.world = world;
    this.random = random;
  }

  void act() {
    Optional<MemberProcess> leader =
        world.running().stream()
            .filter(one -> one.core.roleNow().role() == RoleKind.LEADER)
            .findFirst();
    if (leader.isEmpty()) {
      return;
    }
    Configuration now = leader.get().configuration();
    ConfigChange change = random.nextInt(10) == 0 ? nonsense(now) : sensible(now);
    Configuration next =
        switch (ConfigChanger.apply(now, change)) {
          case ConfigChanger.Outcome.Changed(var changed) -> changed;
          case ConfigChanger.Outcome.Illegal _ -> now;
        };
    if (isAlive(next)) {
      world.witnesses().memberships().proposed(leader.get().core.lastIndex() + 1, change);
      leader
          .get()
          .step(
              new Input.ProposeChange(
                  world.clients().nextToken(), change, ChangeEncoding.encode(change)));
      handOverToOneThatLeaves(leader.get(), now, next);
    }
  }

  /// A successor that loses its vote before it is told.
  private void handOverToOneThatLeaves(
      MemberProcess leader, Configuration now, Configuration next) {
    for (MemberId voter : now.voters()) {
      if (!next.voters().contains(voter) && world.isFaulty(Fault.TRANSFER, random, 1)) {
        leader.step(new Input.TransferLeadership(world.clients().nextToken(), voter));
      }
    }
  }

  private boolean isAlive(Configuration configuration) {
    return Quorum.of(configuration).isReachedBy(member -> !world.host(member).isDamaged);
  }

  private ConfigChange nonsense(Configuration now) {
    if (now.isJoint() || random.nextBoolean()) {
      MemberId twice = now.voters().first();
      return new Alter(
          List.of(new Step.AddLearner(twice), new Step.AddVoter(twice)), Transition.AUTOMATIC);
    }
    return new LeaveJoint();
  }

  private ConfigChange sensible(Configuration now) {
    if (now.isJoint()) {
      return new LeaveJoint();
    }
    List<MemberId> members = new ArrayList<>(now.members());
    List<Step> steps = new ArrayList<>();
    int wanted = random.nextInt(3) == 0 ? random.nextInt(2, 4) : 1;
    for (int i = 0; i < wanted && !members.isEmpty(); i++) {
      steps.add(step(now, members));
    }
    Transition transition =
        switch (random.nextInt(3)) {
          case 0 -> Transition.JOINT_AUTOMATIC;
          case 1 -> Transition.JOINT_EXPLICIT;
          default -> Transition.AUTOMATIC;
        };
    return new Alter(steps, transition);
  }

  private Step step(Configuration now, List<MemberId> members) {
    if (random.nextInt(3) == 0 && now.members().size() < MOST_MEMBERS && world.mayAddHost()) {
      MemberId added = world.addBlankHost().id;
      return random.nextInt(3) == 0 ? new Step.AddVoter(added) : new Step.AddLearner(added);
    }
    MemberId member = members.remove(random.nextInt(members.size()));
    if (world.host(member).isDamaged) {
      return new Step.Remove(member);
    }
    return switch (random.nextInt(4)) {
      case 0 -> new Step.AddLearner(member);
      case 1 -> new Step.Remove(member);
      default -> new Step.AddVoter(member);
    };
  }
}
