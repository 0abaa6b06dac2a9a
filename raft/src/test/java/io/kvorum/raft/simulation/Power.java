package io.kvorum.raft.simulation;

import io.kvorum.raft.RaftCore;
import io.kvorum.raft.StartState;
import io.kvorum.raft.log.FaultyFiles;
import io.kvorum.raft.log.FaultyFiles.Operation;
import io.kvorum.raft.log.Recovery;
import io.kvorum.raft.log.SegmentedLog;
import io.kvorum.raft.log.UnusableLogException;
import io.kvorum.raft.log.UnusableLogException.Reason;
import io.kvorum.raft.node.AppliedState;
import io.kvorum.raft.node.Recovered;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Ends processes in every way there is, and starts them again through the real recovery.
final class Power {
  private final World world;
  private final RandomGenerator random;

  Power(World world, RandomGenerator random) {
    this.world = world;
    this.random = random;
  }

  /// A process died in the middle of something.
  void died(MemberProcess process) {
    if (world.isRunning(process)) {
      if (losesPower()) {
        lose(process.host);
      } else {
        kill(process.host);
      }
    }
  }

  private boolean losesPower() {
    return world.profile().has(Fault.POWER_LOSS) && random.nextBoolean();
  }

  /// The process is gone; the page cache stays.
  void kill(Host host) {
    tear(host);
    host.files = host.files.afterKill();
    goDown(host);
  }

  /// The machine is gone, and with it what was not synced.
  void lose(Host host) {
    tear(host);
    host.files = host.files.afterPowerLoss(random);
    goDown(host);
  }

  private void tear(Host host) {
    if (random.nextBoolean()) {
      host.process().ifPresent(process -> process.tearWrite(random.nextInt(1, 8)));
    }
  }

  private void goDown(Host host) {
    host.goesDown();
    tellOthers(host);
    long ticks = random.nextInt(4) == 0 ? 60 : 4;
    world.after(World.exponential(random, ticks * Profile.TICK_MICROS), new Event.Restart(host));
  }

  /// The kernel closes what the process had open, and refuses whoever tries again. Not everybody
  /// gets to know: a machine that lost power says nothing.
  private void tellOthers(Host gone) {
    if (world.profile().has(Fault.UNREACHABLE) && !world.isCalm()) {
      for (MemberProcess process : world.running()) {
        if (random.nextBoolean()) {
          long micros = World.exponential(random, world.profile().pace().networkMicros());
          world.after(micros, new Event.PeerGone(process, gone.id));
        }
      }
    }
  }

  void stopCleanly(Host host) {
    if (host.process().isPresent() && host.process().get().stopCleanly()) {
      world.coverage().saw(Sometimes.RESTARTED_AFTER_CLEAN_STOP);
      host.files = host.files.afterKill();
      goDown(host);
    }
  }

  /// A host leaves for good.
  void decommission(Host host) {
    host.files.crash();
    host.goesDown();
    host.isLost = true;
  }

  void start(Host host) {
    if (host.isLost || host.process().isPresent()) {
      return;
    }
    host.boots++;
    host.files.setHook(this::watchRecovery);
    if (world.isFaulty(Fault.RECOVERY_CRASH, random, 4)) {
      host.files.crashAtStep(random.nextInt(1, 30));
    }
    try {
      run(host, open(host));
    } catch (FaultyFiles.Crashed _) {
      world.coverage().saw(Sometimes.CRASH_IN_RECOVERY);
      host.files = losesPower() ? host.files.afterPowerLoss(random) : host.files.afterKill();
      goDown(host);
    } catch (UnusableLogException refused) {
      refused(host, refused);
    } catch (IOException e) {
      throw new IllegalStateException(host + " cannot open its log", e);
    }
  }

  private void watchRecovery(Operation operation, String name) {
    if (operation == Operation.CREATE && name.startsWith("rewrite")) {
      world.coverage().saw(Sometimes.UNSYNCED_TAIL_REWRITTEN);
    } else if (operation == Operation.CREATE && name.startsWith("torn-")) {
      world.coverage().saw(Sometimes.TORN_TAIL_CUT);
    }
  }

  private void refused(Host host, UnusableLogException refused) {
    Violation.unless(host.isDamaged, "W10", "%s refuses a healthy log: %s", host, refused);
    world
        .coverage()
        .saw(
            refused.reason() == Reason.MISSING
                ? Sometimes.WIPED_REFUSED
                : Sometimes.CORRUPTION_REFUSED);
    decommission(host);
  }

  /// Opens the log. If it begins after what the state machine has, a snapshot was recorded whose
  /// installation was cut short: it is done again from its files, the oldest that fits.
  private Recovery open(Host host) throws IOException {
    UnusableLogException gap;
    try {
      return open(host, host.flushed.appliedIndex());
    } catch (UnusableLogException refused) {
      if (refused.reason() != Reason.GAP) {
        throw refused;
      }
      gap = refused;
    }
    for (Snapshot snapshot : host.snapshots.tailMap(host.flushed.appliedIndex(), false).values()) {
      try {
        Recovery recovery = open(host, snapshot.index());
        host.flushed = snapshot.state().copy();
        world.coverage().saw(Sometimes.SNAPSHOT_REDONE_AFTER_CRASH);
        return recovery;
      } catch (UnusableLogException refused) {
        gap.addSuppressed(refused);
      }
    }
    throw gap;
  }

  private static Recovery open(Host host, long storeAppliedIndex) throws IOException {
    return SegmentedLog.open(host.files, host.identity, host.logOptions, storeAppliedIndex);
  }

  private void run(Host host, Recovery recovery) {
    KvState state = host.flushed.copy();
    StartState start =
        Recovered.startState(
            recovery.log(),
            recovery.recovered(),
            new AppliedState(state.applied(), state.configuration()));
    world.witnesses().recovered(host, recovery.recovered(), start);
    RaftCore core =
        new RaftCore(
            host.id,
            world.profile().options(),
            start,
            new SplittableRandom(LogImage.mix(random.nextLong(), host.id.value())));
    MemberProcess process = new MemberProcess(world, host, core, recovery.log(), state);
    host.runs(process);
    world.witnesses().started(process);
    world.after(random.nextLong(host.tickMicros), new Event.Tick(process));
    world.after(world.flushMicros(), new Event.Flush(process));
    try {
      process.carryOut();
    } catch (MemberProcess.Died died) {
      died(died.process);
    }
  }
}
