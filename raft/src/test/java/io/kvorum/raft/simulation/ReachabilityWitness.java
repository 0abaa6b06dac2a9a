package io.kvorum.raft.simulation;

import io.kvorum.raft.Input;
import io.kvorum.raft.Ready.RoleChange;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A leader that reaches a quorum, and that a quorum reaches, leads on, whoever else is cut off
/// from whom (raft.md §4.4). Looks only where nothing but links breaks.
final class ReachabilityWitness {
  /// For how long links must have been whole before a leader counts on them.
  private static final int PATIENCE_TIMEOUTS = 3;

  /// @param reached the quorum, the leader included
  private record Secured(MemberProcess leader, long term, List<MemberId> reached) {}

  private final World world;
  private final long patienceMicros;
  // Null while no leader is sure of its links.
  private @Nullable Secured secured;

  ReachabilityWitness(World world) {
    this.world = world;
    long timeoutTicks = world.profile().options().election().timeoutTicks();
    this.patienceMicros = PATIENCE_TIMEOUTS * timeoutTicks * Profile.TICK_MICROS;
  }

  void stepped(MemberProcess process, Input input) {
    if (!world.profile().sparesLeaders()) {
      return;
    }
    Secured now = secured;
    if (now != null && now.leader().equals(process)) {
      requireLeading(now);
    }
    if (input instanceof Input.Tick && process.core.roleNow().role() == RoleKind.LEADER) {
      look(process);
    }
  }

  private void requireLeading(Secured now) {
    RoleChange role = now.leader().core.roleNow();
    boolean leadsOn = role.role() == RoleKind.LEADER && role.term() == now.term();
    Violation.unless(
        leadsOn || !areWhole(now.leader(), now.reached(), 0),
        "I24",
        "%s leads the term %d no more, and reaches %s",
        now.leader(),
        now.term(),
        now.reached());
    if (!leadsOn) {
      secured = null;
    }
  }

  /// A member in a later term would end this one whenever it is heard (T2): then nothing is sure.
  private void look(MemberProcess leader) {
    long term = leader.core.roleNow().term();
    List<MemberId> reached =
        leader.configuration().members().stream()
            .filter(member -> areWhole(leader, List.of(member), patienceMicros))
            .toList();
    boolean isSure =
        Quorum.of(leader.configuration()).isReachedBy(reached::contains)
            && world.running().stream().allMatch(other -> other.core.roleNow().term() <= term)
            && reached.stream().allMatch(member -> follows(member, leader));
    if (isSure) {
      if (reached.size() < leader.configuration().members().size()) {
        world.coverage().saw(Sometimes.LEADER_SURE_ALTHOUGH_CUT);
      }
      secured = new Secured(leader, term, reached);
    } else if (secured != null && secured.leader().equals(leader)) {
      secured = null;
    }
  }

  private boolean follows(MemberId member, MemberProcess leader) {
    return world
        .host(member)
        .process()
        .flatMap(process -> process.core.roleNow().leader())
        .filter(leader.id()::equals)
        .isPresent();
  }

  private boolean areWhole(MemberProcess leader, List<MemberId> members, long forMicros) {
    return members.stream()
        .allMatch(
            member ->
                world.network().wholeSinceMicros(leader.id(), member)
                    <= world.nowMicros() - forMicros);
  }
}
