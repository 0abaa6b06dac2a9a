package io.kvorum.raft.simulation;

import io.kvorum.raft.RoleKind;
import io.kvorum.raft.log.FaultyFiles;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/// The end of a run: faults stop, a part of the group that is a quorum of every configuration is
/// connected and running, and within a bounded time it must work as one (I24, raft.md §4.4).
final class Calm {
  private static final int SETTLE_TIMEOUTS = 20;
  private static final int STABLE_TIMEOUTS = 10;

  /// A transfer that was asked for before may still be carried out in this time.
  private static final int TRANSFER_TIMEOUTS = 2;

  /// For snapshots, and for logs that catch up entry by entry.
  private static final int CATCH_UP_TICKS = 400;

  private final World world;
  private final RandomGenerator random;
  private final long timeoutMicros;
  private final TreeSet<MemberId> core = new TreeSet<>();
  private final List<MemberProcess> settled = new ArrayList<>();
  private final List<Long> puts = new ArrayList<>();
  private final List<Long> reads = new ArrayList<>();
  private long deadlineMicros;
  private long undisturbedMicros;
  private long stableUntilMicros;
  private long settledTerm;
  private long nextLookMicros;

  Calm(World world, RandomGenerator random) {
    this.world = world;
    this.random = random;
    this.timeoutMicros = world.profile().options().election().timeoutTicks() * Profile.TICK_MICROS;
  }

  /// Ends the faults. Returns false if the group as it is cannot be expected to go on: a change
  /// made a lost member indispensable after it was lost.
  boolean begin() {
    world.becomeCalm();
    world.network().healCuts();
    List<Configuration> configurations = world.possibleConfigurations();
    for (Configuration configuration : configurations) {
      core.addAll(configuration.members());
    }
    core.removeIf(member -> world.host(member).isLost || world.host(member).isDamaged);
    if (!isQuorumOf(configurations)) {
      return false;
    }
    leaveSomeOut(configurations);
    for (Host host : world.hosts()) {
      if (core.contains(host.id)) {
        revive(host);
      } else {
        core.forEach(member -> separate(host.id, member));
      }
    }
    undisturbedMicros = world.nowMicros() + TRANSFER_TIMEOUTS * timeoutMicros;
    deadlineMicros =
        world.nowMicros() + SETTLE_TIMEOUTS * timeoutMicros + CATCH_UP_TICKS * Profile.TICK_MICROS;
    return true;
  }

  private boolean isQuorumOf(List<Configuration> configurations) {
    return configurations.stream()
        .allMatch(configuration -> Quorum.of(configuration).isReachedBy(core::contains));
  }

  private void leaveSomeOut(List<Configuration> configurations) {
    for (MemberId member : List.copyOf(core)) {
      if (random.nextInt(3) == 0) {
        core.remove(member);
        if (isQuorumOf(configurations)) {
          world.coverage().saw(Sometimes.SETTLED_WITH_PART_OF_THE_GROUP);
        } else {
          core.add(member);
        }
      }
    }
  }

  private void separate(MemberId outside, MemberId inside) {
    world.network().cut(outside, inside);
    world.network().cut(inside, outside);
  }

  private void revive(Host host) {
    host.pausedUntilMicros = 0;
    world.after(0, new Event.Resume(host));
    host.stalledUntilMicros = 0;
    host.tickMicros = Profile.TICK_MICROS;
    FaultyFiles files = host.files;
    files.leaveRoom(Long.MAX_VALUE);
    files.crashAtStep(Long.MAX_VALUE / 2);
    files.setHook((_, _) -> {});
    host.process().ifPresent(process -> process.crashAfterEffects(Long.MAX_VALUE));
    world.power().start(host);
  }

  /// Whether the group has settled and stayed so; fails if it is too late for that.
  boolean isOver() {
    if (world.nowMicros() < nextLookMicros) {
      return false;
    }
    nextLookMicros = world.nowMicros() + Profile.TICK_MICROS;
    if (!settled.stream().allMatch(world::isRunning)) {
      startAnew();
    }
    String missing = missing();
    if (stableUntilMicros == 0) {
      if (missing.isEmpty() && world.nowMicros() >= undisturbedMicros) {
        settled();
      }
    } else {
      Violation.unless(
          leader().map(one -> one.seen.role.term()).orElse(0L) == settledTerm,
          "I24",
          "the term %d ends in the calm: %s",
          settledTerm,
          missing);
      if (missing.isEmpty() && world.nowMicros() > stableUntilMicros) {
        requireDecided();
        world.coverage().saw(Sometimes.SETTLED);
        return true;
      }
    }
    Violation.unless(
        world.nowMicros() < deadlineMicros, "I24", "not settled in the calm: %s", missing);
    return false;
  }

  /// A process died in the calm, once: of an error that its disk had kept to itself.
  private void startAnew() {
    settled.clear();
    puts.clear();
    reads.clear();
    stableUntilMicros = 0;
    deadlineMicros = world.nowMicros() + SETTLE_TIMEOUTS * timeoutMicros;
  }

  private void settled() {
    settledTerm = leader().orElseThrow().seen.role.term();
    stableUntilMicros = world.nowMicros() + STABLE_TIMEOUTS * timeoutMicros;
    deadlineMicros = stableUntilMicros + SETTLE_TIMEOUTS * timeoutMicros;
    var members = leader().orElseThrow().configuration().members();
    for (MemberId outside : core) {
      if (!members.contains(outside)) { // it could only disturb: its peers would refuse it (M11)
        members.forEach(member -> separate(outside, member));
      }
    }
    for (MemberId member : members) {
      if (core.contains(member)) {
        MemberProcess process = world.host(member).process().orElseThrow();
        settled.add(process);
        puts.add(world.clients().put(process));
        reads.add(world.clients().read(process));
      }
    }
  }

  private void requireDecided() {
    for (long token : puts) {
      Violation.unless(
          world.clients().isApplied(token) || world.clients().isRefused(token),
          "I24",
          "the put %d in the calm is not decided",
          token);
    }
    for (long token : reads) {
      Violation.unless(
          !world.clients().isUndecided(token), "I24", "the read %d is not decided", token);
    }
  }

  private Optional<MemberProcess> leader() {
    MemberProcess found = null;
    for (MemberId member : core) {
      MemberProcess process = world.host(member).process().orElse(null);
      if (process != null
          && process.core.roleNow().role() == RoleKind.LEADER
          && (found == null || process.seen.role.term() > found.seen.role.term())) {
        found = process;
      }
    }
    return Optional.ofNullable(found);
  }

  /// What the group still lacks to be settled; empty if nothing.
  private String missing() {
    Optional<MemberProcess> leader = leader();
    if (leader.isEmpty()) {
      return "nobody leads";
    }
    Configuration configuration = leader.get().configuration();
    if (configuration.autoLeave()) {
      return "the joint configuration is not left";
    }
    for (MemberId member : configuration.members()) {
      if (!core.contains(member)) {
        continue;
      }
      MemberProcess process = world.host(member).process().orElse(null);
      if (process == null) {
        return member + " is down";
      }
      if (process.seen.role.term() != leader.get().seen.role.term()
          || !process.core.roleNow().leader().equals(Optional.of(leader.get().id()))) {
        return member + " does not follow " + leader.get();
      }
      if (process.isWriting()) {
        return member + " waits for its disk";
      }
      if (process.state().appliedIndex() != leader.get().core.lastIndex()) {
        return member + " has not applied everything";
      }
    }
    return "";
  }
}
