package io.kvorum.raft.simulation;

import io.kvorum.raft.Input;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.log.FaultyFiles;
import io.kvorum.raft.log.FaultyFiles.Operation;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Carries out the faults that come at a time of their own; the others are drawn where they strike.
final class FaultInjector {
  private final World world;
  private final RandomGenerator random;
  private final Operator operator;
  private final Damage damage;
  private long cuts;

  FaultInjector(World world, RandomGenerator random) {
    this.world = world;
    this.random = random;
    this.operator = new Operator(world, random);
    this.damage = new Damage(world, random);
  }

  /// Sets up the first fault of each class.
  void begin() {
    for (Fault fault : world.profile().faultGapMicros().keySet()) {
      scheduleNext(fault);
    }
  }

  private void scheduleNext(Fault fault) {
    long gap = world.profile().faultGapMicros().getOrDefault(fault, Long.MAX_VALUE / 1_000);
    world.after(1 + World.exponential(random, gap), new Event.FaultTurn(fault));
  }

  void strike(Fault fault) {
    if (world.isCalm()) {
      return;
    }
    scheduleNext(fault);
    switch (fault) {
      case CLOCK_RATE ->
          anyHost().tickMicros =
              Math.round(Profile.TICK_MICROS * (0.5 + 1.5 * random.nextDouble()));
      case PAUSE -> running().ifPresent(this::pause);
      case REPLAY -> world.network().replayOld();
      case CLOG ->
          world.network().clog(anyHost().id, anyHost().id, world.nowMicros() + timeouts(3));
      case PARTITION -> partition();
      case UNREACHABLE -> running().ifPresent(one -> loseTouch(one, anyHost().id));
      case KILL -> running().ifPresent(this::kill);
      case POWER_LOSS -> running().ifPresent(one -> world.power().lose(one.host));
      case BLACKOUT -> world.running().forEach(one -> world.power().lose(one.host));
      case EFFECT_CRASH -> running().ifPresent(one -> one.crashAfterEffects(random.nextInt(1, 20)));
      case IO_CRASH -> running().ifPresent(one -> one.crashAfterFileSteps(random.nextInt(1, 8)));
      case DISK_STALL -> anyHost().stalledUntilMicros = world.nowMicros() + timeouts(2);
      case SHORT_WRITE ->
          running().ifPresent(one -> one.host.files.limitWrites(512 * random.nextInt(1, 4)));
      case FORCE_FAILURE -> running().ifPresent(FaultInjector::failForce);
      case DISK_FULL -> running().ifPresent(this::fill);
      case BIT_ROT -> damage.flipBit();
      case WIPE -> damage.wipe();
      case MEMBERSHIP -> operator.act();
      case COMPACTION -> running().ifPresent(MemberProcess::flush);
      case TRANSFER -> running().ifPresent(this::transfer);
      case TICK_BURST,
          LOSS,
          DUPLICATION,
          REORDERING,
          NARROW_LINK,
          RECOVERY_CRASH,
          SLOW_STREAM,
          STREAM_ABORT,
          STREAM_CORRUPTION,
          HUGE_ENTRY,
          BATCHING -> {}
    }
  }

  private Host anyHost() {
    return world.hosts().get(random.nextInt(world.hosts().size()));
  }

  /// A process, half of the time a leader if there is one: there faults hurt most.
  private Optional<MemberProcess> running() {
    List<MemberProcess> running = world.running();
    if (random.nextBoolean()) {
      List<MemberProcess> leading =
          running.stream().filter(one -> one.core.roleNow().role() == RoleKind.LEADER).toList();
      running = leading.isEmpty() ? running : leading;
    }
    return running.isEmpty()
        ? Optional.empty()
        : Optional.of(running.get(random.nextInt(running.size())));
  }

  private long timeouts(int mean) {
    long timeout = world.profile().options().election().timeoutTicks() * Profile.TICK_MICROS;
    return World.exponential(random, mean * timeout);
  }

  private void loseTouch(MemberProcess process, MemberId peer) {
    process.step(new Input.PeerUnreachable(peer));
    if (random.nextInt(4) == 0) {
      world.after(0, new Event.PeerGone(process, peer));
    }
  }

  private void pause(MemberProcess process) {
    long micros = Math.min(timeouts(random.nextInt(8) == 0 ? 20 : 2), timeouts(100));
    process.host.pausedUntilMicros = world.nowMicros() + micros;
    long timeout = world.profile().options().election().timeoutTicks() * Profile.TICK_MICROS;
    if (process.core.roleNow().role() == RoleKind.LEADER && micros > timeout) {
      world.coverage().saw(Sometimes.LEADER_PAUSED_BEYOND_TIMEOUT);
    }
  }

  private void kill(MemberProcess process) {
    if (random.nextInt(4) == 0) {
      world.power().stopCleanly(process.host);
    } else {
      world.power().kill(process.host);
    }
  }

  /// After a failed force the page cache counts its pages as clean: the next one claims success.
  private static void failForce(MemberProcess process) {
    FaultyFiles files = process.host.files;
    files.setHook(
        (operation, _) -> {
          if (operation == Operation.FORCE) {
            files.setHook((_, _) -> {});
            files.loseForces();
            throw new IOException("the disk fails to force");
          }
        });
  }

  private static void failNext(MemberProcess process, Operation failing) {
    process.host.files.setHook(
        (operation, _) -> {
          if (operation == failing) {
            throw new IOException("the disk fails to " + operation);
          }
        });
  }

  private void fill(MemberProcess process) {
    process.host.files.leaveRoom(0);
    if (random.nextBoolean()) {
      failNext(process, Operation.CREATE);
    }
  }

  private void transfer(MemberProcess process) {
    process.step(new Input.TransferLeadership(world.clients().nextToken(), anyHost().id));
  }

  private void partition() {
    if (random.nextInt(3) > 0) {
      world.network().healCuts();
    }
    List<MemberId> ids = new ArrayList<>();
    world.hosts().forEach(host -> ids.add(host.id));
    switch (random.nextInt(5)) {
      case 0 -> isolate(running().map(MemberProcess::id).orElse(ids.getFirst()), ids);
      case 1 -> split(ids, ids.size() / 2);
      case 2 -> split(ids, random.nextInt(ids.size() + 1));
      case 3 -> {
        MemberId to = ids.get(random.nextInt(ids.size()));
        ids.forEach(from -> cutSometimes(from, to));
      }
      default -> bridge(ids);
    }
    cuts++;
    world.after(timeouts(3) + Profile.TICK_MICROS, new Event.Heal(cuts));
  }

  void heal(long cut) {
    if (cut == cuts && !world.isCalm()) {
      world.network().healCuts();
    }
  }

  private void cutSometimes(MemberId from, MemberId to) {
    if (random.nextBoolean()) {
      world.network().cut(from, to);
    }
  }

  private void cutBoth(MemberId one, MemberId other) {
    if (!one.equals(other)) {
      world.network().cut(one, other);
      world.network().cut(other, one);
    }
  }

  private void isolate(MemberId alone, List<MemberId> ids) {
    ids.forEach(other -> cutBoth(alone, other));
  }

  private void split(List<MemberId> ids, int firstGroup) {
    for (int i = 0; i < ids.size(); i++) {
      for (int j = i + 1; j < ids.size(); j++) {
        if ((i + cuts) % ids.size() < firstGroup != (j + cuts) % ids.size() < firstGroup) {
          cutBoth(ids.get(i), ids.get(j));
        }
      }
    }
  }

  /// Two groups that only one member reaches both of.
  private void bridge(List<MemberId> ids) {
    int middle = random.nextInt(ids.size());
    for (int i = 0; i < ids.size(); i++) {
      for (int j = i + 1; j < ids.size(); j++) {
        if (i != middle && j != middle && (i + j) % 2 == 1) {
          cutBoth(ids.get(i), ids.get(j));
        }
      }
    }
  }
}
