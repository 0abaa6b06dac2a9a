package io.kvorum.raft.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.Persist;
import io.kvorum.raft.log.FaultyFiles.Crashed;
import io.kvorum.raft.log.UnusableLogException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// The log against a list, over a disk that forgets: what was acknowledged is never lost, what was
/// not is there whole or not at all, and what recovery says stays true (W4, W9, I9, I22).
class LogCrashTest {
  private static final LogOptions OPTIONS =
      LogFixture.OPTIONS.withSegmentBytes(4096).withBackground(Runnable::run);

  @Test
  void randomCommands_crashAtEveryStep_recoverToAnAcknowledgedState() throws IOException {
    for (long seed = 1; seed <= 40; seed++) {
      long steps = new Run(seed, Long.MAX_VALUE).play();
      for (long step = 1; step <= steps; step++) {
        new Run(seed, step).playAndRecover();
      }
    }
  }

  @Test
  void randomCommands_crashUponCrash_recoverToAnAcknowledgedState() throws IOException {
    for (long seed = 1000; seed <= 1250; seed++) {
      RandomGenerator random = new Random(seed);
      Run run = new Run(seed, 1 + random.nextInt(60));
      for (int life = 0; life < 8; life++) {
        run.playAndRecover();
        run.crashAfter(1 + random.nextInt(60));
      }
    }
  }

  /// One disk through one or more lives of the process.
  private static final class Run {
    private static final int GROUPS = 12;

    private final long seed;
    private final RandomGenerator random;
    private final RandomCommands commands;
    private FaultyFiles files;
    private long crashAtStep;

    /// What the log may say after the next crash: the newest synced state, then each unsynced one.
    private final List<ModelLog> possible = new ArrayList<>();

    Run(long seed, long crashAtStep) throws IOException {
      this.seed = seed;
      this.random = new Random(seed);
      this.commands = new RandomCommands(random);
      this.files = LogFixture.founded();
      this.crashAtStep = crashAtStep;
      possible.add(ModelLog.founded());
    }

    void crashAfter(long steps) {
      crashAtStep = steps;
    }

    /// Lives until the crash, or until a fixed number of groups; returns the steps taken.
    long play() throws IOException {
      long before = files.steps();
      files.crashAtStep(crashAtStep);
      try {
        live();
      } catch (IOException e) {
        assertThat(files.hasCrashed()).as("seed %d: %s", seed, e).isTrue();
      }
      return files.steps() - before;
    }

    void playAndRecover() throws IOException {
      play();
      files = random.nextInt(3) == 0 ? files.afterKill() : files.afterPowerLoss(random);
      ModelLog said = recovered();
      files = files.afterPowerLoss(random); // nothing recovery said may rest on the page cache
      possible.clear();
      possible.add(said);
      assertThat(recovered()).isEqualTo(said);
      files = random.nextBoolean() ? files.afterKill() : files.afterPowerLoss(random);
    }

    private void live() throws IOException {
      try (SegmentedLog log = open().log()) {
        for (int i = 0; i < GROUPS; i++) {
          ModelLog state = possible.getLast();
          if (random.nextInt(5) == 0) {
            log.dropPrefix(storeAppliedIndex());
          }
          List<Persist> group = commands.group(state);
          for (Persist command : group) {
            state = state.after(command);
            possible.add(state);
          }
          log.append(group);
          if (isSynced(group, possible.get(possible.size() - 1 - group.size()))) {
            possible.subList(0, possible.size() - 1).clear();
          }
        }
      }
      possible.subList(0, possible.size() - 1).clear(); // the close has synced it
    }

    private static boolean isSynced(List<Persist> group, ModelLog before) {
      return group.stream()
          .anyMatch(
              command ->
                  !command.entries().isEmpty()
                      || command.snapshot().isPresent()
                      || !command
                          .hardState()
                          .orElseThrow()
                          .ballot()
                          .equals(before.hardState().ballot()));
    }

    /// Recovers, crashing on the way now and then, and returns which of the possible states it is.
    private ModelLog recovered() throws IOException {
      while (true) {
        files.crashAtStep(random.nextInt(3) == 0 ? 1 + random.nextInt(12) : Long.MAX_VALUE);
        try {
          Recovery recovery = open();
          ModelLog said = theOneItIs(recovery);
          files.crash();
          return said;
        } catch (Crashed _) {
          files = random.nextBoolean() ? files.afterKill() : files.afterPowerLoss(random);
        }
      }
    }

    private ModelLog theOneItIs(Recovery recovery) throws IOException {
      List<String> differences = new ArrayList<>();
      for (ModelLog candidate : possible) {
        String difference = difference(candidate, recovery);
        if (difference.isEmpty()) {
          return candidate;
        }
        differences.add(difference);
      }
      throw new AssertionError("seed " + seed + " step " + crashAtStep + ": " + differences);
    }

    private String difference(ModelLog candidate, Recovery recovery) throws IOException {
      RecoveredLog said = recovery.recovered();
      long commit = Math.max(candidate.hardState().commitIndex(), candidate.marker().id().index());
      if (!said.hardState().ballot().equals(candidate.hardState().ballot())
          || said.hardState().commitIndex() != commit) {
        return "hard state %s for %s".formatted(said.hardState(), candidate.hardState());
      }
      if (!said.last().equals(candidate.last())
          || said.firstIndex() <= candidate.previous().index()) {
        return "%s..%s for %s..%s"
            .formatted(said.previous(), said.last(), candidate.previous(), candidate.last());
      }
      if (said.firstIndex() > candidate.marker().id().index() + 1) {
        return "starts at %d, marker %s".formatted(said.firstIndex(), candidate.marker());
      }
      if (!said.previous().equals(candidate.idAt(said.previous().index()))) {
        return "starts after %s".formatted(said.previous());
      }
      boolean equal = LogFixture.everything(recovery).equals(candidate.from(said.firstIndex()));
      return equal ? "" : "entries differ";
    }

    /// What the state store is sure to have applied.
    private long storeAppliedIndex() {
      return possible.getFirst().marker().id().index();
    }

    /// Opens the log with the state store that belongs to it: an installed snapshot is in the store
    /// exactly if its marker is in the log.
    private Recovery open() throws IOException {
      for (ModelLog candidate : possible) {
        long appliedIndex = candidate.marker().id().index();
        try {
          return SegmentedLog.open(files, LogFixture.IDENTITY, OPTIONS, appliedIndex);
        } catch (UnusableLogException e) {
          assertThat(e.reason()).as("seed %d: %s", seed, e).isEqualTo(Reason.GAP);
        }
      }
      throw new AssertionError("seed " + seed + ": no state of the store fits the log");
    }
  }
}
