package io.kvorum.testkit.nemesis;

import io.kvorum.testkit.PowerFailure;
import io.kvorum.testkit.SmallDisk;
import io.kvorum.testkit.cluster.ClockJumps;
import io.kvorum.testkit.cluster.Cluster;
import io.kvorum.testkit.cluster.ClusterMember;
import io.kvorum.testkit.cluster.SyncFaults;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/// Begins faults of processes and disks; those of the network are in [NetworkFaults].
final class Faults {
  private static final Duration TERMINATION_LIMIT = Duration.ofSeconds(30);
  private static final Duration REMOVAL_PATIENCE = Duration.ofSeconds(8);
  private static final Duration REMOVED_PATIENCE = Duration.ofSeconds(5);
  private static final Duration CALM_PATIENCE = Duration.ofSeconds(60);
  private static final int SHORTEST_SYNC_MILLIS = 20;
  private static final int LONGEST_SYNC_MILLIS = 400;
  private static final long LONGEST_JUMP_SECONDS = Duration.ofDays(2).toSeconds();

  private final Cluster cluster;
  private final Leadership leadership;
  private final Membership membership;
  private final NetworkFaults network;
  private final SplittableRandom random;
  private Optional<ClusterMember> replaced = Optional.empty();
  private PowerFailure.Loss lost = new PowerFailure.Loss(0, 0);

  Faults(Cluster cluster, Leadership leadership, Membership membership, SplittableRandom random) {
    this.cluster = cluster;
    this.leadership = leadership;
    this.membership = membership;
    this.random = random;
    this.network = new NetworkFaults(cluster.network(), cluster.members().size(), random.split());
  }

  /// Begins a fault of this kind, at members that it draws.
  Fault begin(FaultKind kind) throws IOException, InterruptedException {
    return switch (kind) {
      case KILL_ONE -> kill(kind, List.of(oneOrLeader()));
      case KILL_MAJORITY -> kill(kind, some(cluster.members().size() / 2 + 1));
      case KILL_ALL -> kill(kind, cluster.members());
      case POWER_LOSS -> losePower(random.nextInt(1, cluster.members().size() + 1));
      case TERMINATE -> terminate(oneOrLeader());
      case REPLACE -> replace(oneOrLeader());
      case PAUSE -> pause(oneOrLeader());
      case ISOLATE -> ofNetwork(kind, network.isolate(oneOrLeader().index()));
      case SPLIT -> ofNetwork(kind, network.split());
      case ONE_WAY -> ofNetwork(kind, network.oneWay());
      case BRIDGE -> ofNetwork(kind, network.bridge());
      case SLOW_LINKS -> ofNetwork(kind, network.slowDown());
      case RESETS -> ofNetwork(kind, network.resetAgainAndAgain());
      case FULL_DISK -> fillDisk(oneOrLeader());
      case SLOW_SYNC -> slowSync(oneOrLeader(), syncDelay());
      case FAILING_SYNC -> failSync(oneOrLeader());
      case MOVE_LEADER -> moveLeader();
      case CLOCK_JUMP -> setClock(oneOrLeader());
    };
  }

  /// What all power failures took away.
  PowerFailure.Loss lost() {
    return lost;
  }

  private ClusterMember oneOrLeader() {
    List<ClusterMember> members = cluster.members();
    int one = random.nextInt(members.size());
    return members.get(random.nextBoolean() ? one : leadership.leader().orElse(one));
  }

  private List<ClusterMember> some(int count) {
    List<ClusterMember> left = new ArrayList<>(cluster.members());
    while (left.size() > count) {
      left.remove(random.nextInt(left.size()));
    }
    return left;
  }

  private Duration syncDelay() {
    return Duration.ofMillis(random.nextInt(SHORTEST_SYNC_MILLIS, LONGEST_SYNC_MILLIS));
  }

  private static Fault kill(FaultKind kind, List<ClusterMember> victims) {
    victims.forEach(ClusterMember::kill);
    return new Fault(
        kind,
        victims,
        () -> {
          for (ClusterMember victim : victims) {
            victim.start();
          }
        });
  }

  private Fault losePower(int count) throws IOException {
    Fault killed = kill(FaultKind.POWER_LOSS, some(count));
    for (ClusterMember victim : killed.victims()) {
      PowerFailure.Loss loss = victim.processFaults().orElseThrow().power().strike(random);
      lost =
          new PowerFailure.Loss(
              lost.sectors() + loss.sectors(), lost.growthBytes() + loss.growthBytes());
    }
    return killed;
  }

  private static Fault terminate(ClusterMember victim) throws IOException, InterruptedException {
    if (!victim.terminate(TERMINATION_LIMIT)) {
      throw new IOException(victim.name() + " has not ended on SIGTERM in " + TERMINATION_LIMIT);
    }
    return new Fault(FaultKind.TERMINATE, List.of(victim), victim::start);
  }

  /// The cluster may refuse, if it would be without a quorum, or has just been: then the member is
  /// removed by [#bringBack].
  private Fault replace(ClusterMember victim) throws IOException, InterruptedException {
    replaced = Optional.of(victim);
    if (membership.remove(victim.peerUrl(), REMOVAL_PATIENCE)) {
      victim.leave(REMOVED_PATIENCE);
    }
    return new Fault(FaultKind.REPLACE, List.of(victim), () -> {});
  }

  /// Adds the member that was replaced to the cluster again, once all faults have ended, and waits
  /// until it is healthy: a new member that reaches nobody ends by itself.
  ///
  /// @return what does not work
  Optional<String> bringBack() throws IOException, InterruptedException {
    if (replaced.isEmpty()) {
      return Optional.empty();
    }
    ClusterMember member = replaced.get();
    replaced = Optional.empty();
    if (!member.isOut()) {
      if (!membership.remove(member.peerUrl(), CALM_PATIENCE)) {
        return Optional.of(member.name() + " cannot be removed");
      }
      member.leave(REMOVED_PATIENCE);
    }
    if (!membership.add(member.peerUrl(), CALM_PATIENCE)) {
      return Optional.of(member.name() + " cannot be added again");
    }
    member.joinAgain();
    member.start();
    try {
      member.awaitHealthy();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(member.name() + " does not join: " + e.getMessage());
    }
  }

  private static Fault pause(ClusterMember victim) throws IOException {
    victim.pause();
    return new Fault(FaultKind.PAUSE, List.of(victim), victim::resume);
  }

  private static Fault ofNetwork(FaultKind kind, Fault.Ending ending) {
    return new Fault(kind, List.of(), ending);
  }

  /// The member may stop, or be about to: it is started anew when there is room.
  private static Fault fillDisk(ClusterMember victim) throws IOException {
    SmallDisk disk = victim.disk().orElseThrow();
    disk.fill();
    return new Fault(
        FaultKind.FULL_DISK,
        List.of(victim),
        () -> {
          disk.makeRoom();
          restart(victim);
        });
  }

  private static Fault slowSync(ClusterMember victim, Duration delay) throws IOException {
    SyncFaults syncs = victim.processFaults().orElseThrow().syncs();
    syncs.delay(delay);
    return new Fault(FaultKind.SLOW_SYNC, List.of(victim), syncs::heal);
  }

  /// The member stops at its next sync.
  private static Fault failSync(ClusterMember victim) throws IOException {
    SyncFaults syncs = victim.processFaults().orElseThrow().syncs();
    syncs.fail();
    return new Fault(
        FaultKind.FAILING_SYNC,
        List.of(victim),
        () -> {
          syncs.heal();
          restart(victim);
        });
  }

  /// Done as soon as it has begun.
  private Fault moveLeader() {
    leadership.moveTo(random.nextInt(cluster.members().size()));
    return new Fault(FaultKind.MOVE_LEADER, List.of(), () -> {});
  }

  private Fault setClock(ClusterMember victim) throws IOException {
    ClockJumps clock = victim.processFaults().orElseThrow().clock();
    clock.jumpTo(Duration.ofSeconds(random.nextLong(-LONGEST_JUMP_SECONDS, LONGEST_JUMP_SECONDS)));
    return new Fault(FaultKind.CLOCK_JUMP, List.of(victim), () -> clock.jumpTo(Duration.ZERO));
  }

  private static void restart(ClusterMember victim) throws IOException {
    victim.kill();
    victim.start();
  }
}
