package io.kvorum.raft.log;

import static io.kvorum.raft.log.LogFixture.FOUNDING;
import static io.kvorum.raft.log.LogFixture.IDENTITY;
import static io.kvorum.raft.log.LogFixture.OPTIONS;
import static io.kvorum.raft.log.LogFixture.append;
import static io.kvorum.raft.log.LogFixture.entries;
import static io.kvorum.raft.log.LogFixture.everything;
import static io.kvorum.raft.log.LogFixture.founded;
import static io.kvorum.raft.log.LogFixture.hardState;
import static io.kvorum.raft.log.LogFixture.mark;
import static io.kvorum.raft.log.LogFixture.open;
import static io.kvorum.raft.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Persist;
import io.kvorum.raft.log.FaultyFiles.Operation;
import io.kvorum.raft.log.UnusableLogException.Reason;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Operations that fail, stop half way or lie. Numbers in comments are the fault cases of raft.md
/// 3.5.
class DiskFaultTest {
  private static final List<Entry> FIRST_TEN = entries(3, 2, 10, 100);
  private static final int TRIES = 15;

  @Test // 1
  void batchWrittenButNotForced_processKilled_thenPowerLost_staysAsRecoverySaid()
      throws IOException {
    FaultyFiles files = founded();
    SegmentedLog log = open(files).log();
    append(log, write(hardState(3, 1), FIRST_TEN));
    failOn(files, Operation.FORCE);
    assertThatThrownBy(() -> append(log, write(entries(3, 12, 4, 900))))
        .isInstanceOf(IOException.class);

    FaultyFiles killed = files.afterKill();
    assertThat(everything(open(killed))).hasSize(14);

    for (int seed = 0; seed < TRIES; seed++) {
      assertThat(everything(open(killed.afterPowerLoss(new Random(seed))))).hasSize(14);
    }
  }

  @Test // 18, W9
  void forceFailsAndPageCacheKeepsTheData_restarted_theEndIsWrittenAgain() throws IOException {
    FaultyFiles files = founded();
    SegmentedLog log = open(files).log();
    files.loseForces();
    append(log, write(hardState(3, 1), FIRST_TEN));

    FaultyFiles restarted = files.afterKill();
    assertThat(everything(open(restarted))).isEqualTo(FIRST_TEN);

    for (int seed = 0; seed < TRIES; seed++) {
      assertThat(everything(open(restarted.afterPowerLoss(new Random(seed))))).isEqualTo(FIRST_TEN);
    }
  }

  @Test // 5, 6, 7
  void segmentCut_crashAtEachOfItsSteps_keepsWhatWasAcknowledged() throws IOException {
    long steps = stepsOfFour();
    assertThat(steps).isGreaterThan(12);
    for (long step = 1; step <= steps; step++) {
      for (int seed = 0; seed < TRIES; seed++) {
        AlmostFull full = AlmostFull.make();
        full.files.crashAtStep(step);
        int acknowledged = 7;
        try {
          for (int i = 0; i < 4; i++) {
            append(full.log, write(entries(3, 9 + i, 1, 900)));
            acknowledged++;
          }
        } catch (IOException _) {
          assertThat(full.files.hasCrashed()).isTrue();
        }
        FaultyFiles left = full.files.afterPowerLoss(new Random(seed));
        assertThat(everything(open(left)))
            .as("step %d", step)
            .hasSizeBetween(acknowledged, acknowledged + 1);
      }
    }
  }

  @Test // 8
  void markerWritten_crashWhileSegmentsAreDropped_losesNothingAfterTheMarker() throws IOException {
    for (long step = 1; step <= 6; step++) {
      for (int seed = 0; seed < TRIES; seed++) {
        FaultyFiles files = founded();
        SegmentedLog log = open(files).log();
        for (int i = 0; i < 30; i++) {
          append(log, write(hardState(3, 1), entries(3, 2 + i, 1, 900)));
        }
        append(log, mark(3, 25));
        files.crashAtStep(step);
        assertThatThrownBy(() -> log.dropPrefix(25)).isInstanceOf(IOException.class);

        Recovery again = open(files.afterPowerLoss(new Random(seed)), 25);

        assertThat(again.recovered().marker().orElseThrow().id()).isEqualTo(new EntryId(3, 25));
        assertThat(again.recovered().firstIndex()).isLessThanOrEqualTo(26);
        assertThat(again.recovered().lastIndex()).isEqualTo(31);
      }
    }
  }

  @Test // 10
  void twoSnapshotsInOneAppend_recovered_theSecondCounts() throws IOException {
    FaultyFiles files = founded();
    SegmentedLog log = open(files).log();
    append(log, write(hardState(3, 1), FIRST_TEN));
    append(log, install(5, 20), install(6, 40), write(entries(6, 41, 2, 30)));

    Recovery again = open(files.afterKill(), 40);

    assertThat(again.recovered().previous()).isEqualTo(new EntryId(6, 40));
    assertThat(everything(again)).isEqualTo(entries(6, 41, 2, 30));
  }

  @Test // 17, W8
  void forceFailsOnce_nextWouldSucceed_logStaysPoisoned() throws IOException {
    FaultyFiles files = founded();
    SegmentedLog log = open(files).log();
    int[] forces = {0};
    files.setHook(
        (operation, _) -> {
          if (operation == Operation.FORCE && forces[0]++ == 0) {
            throw new IOException("EIO");
          }
        });

    assertThatThrownBy(() -> append(log, write(hardState(3, 1), FIRST_TEN)))
        .hasMessageContaining("EIO");
    assertThatThrownBy(() -> append(log, write(hardState(3, 1), FIRST_TEN)))
        .hasMessageContaining("poisoned");
    assertThatThrownBy(() -> log.dropPrefix(1)).hasMessageContaining("poisoned");
    log.close();

    assertThat(forces[0]).isEqualTo(1);
  }

  @Test // 19
  void writesOfOneByte_logUsedAsUsual_looksTheSame() throws IOException {
    FaultyFiles files = founded();
    files.limitWrites(1);
    try (SegmentedLog log = open(files).log()) {
      for (int i = 0; i < 12; i++) {
        append(log, write(hardState(3, 1), entries(3, 2 + i, 1, 900)));
      }
    }

    assertThat(everything(open(files))).isEqualTo(entries(3, 2, 12, 900));
  }

  @Test // 20
  void noSpace_inAnyOperationOfACut_poisonsAndLosesNothing() throws IOException {
    Map<Operation, Integer> failures = new EnumMap<>(Operation.class);
    long steps = stepsOfFour();
    for (int failing = 0; failing < steps; failing++) {
      AlmostFull full = AlmostFull.make();
      FaultyFiles files = full.files;
      int[] left = {failing};
      files.setHook(
          (operation, _) -> {
            if (operation != Operation.READ && left[0]-- == 0) {
              failures.merge(operation, 1, Integer::sum);
              throw new IOException("ENOSPC");
            }
          });
      assertThatThrownBy(
              () -> {
                full.appendFour();
                append(full.log, write(entries(3, 13, 1, 10))); // sees a failed preparation
              })
          .as("operation %d", failing)
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> append(full.log, write(hardState(9, 1))))
          .hasMessageContaining("poisoned");

      assertThat(everything(open(files.afterKill()))).hasSizeBetween(7, 11);
    }
    assertThat(failures.keySet())
        .contains(Operation.CREATE, Operation.WRITE, Operation.FORCE, Operation.RENAME);
  }

  @Test // 20, W11
  void diskAlmostFull_segmentEnds_reserveTakesWhatMustBeWritten() throws IOException {
    AlmostFull full = AlmostFull.make();
    FaultyFiles files = full.files;
    SegmentedLog log = full.log;
    assertThat(log.space()).isEqualTo(LogSpace.AMPLE);
    files.usableBytes = 0;

    assertThat(log.space()).isEqualTo(LogSpace.LOW);
    for (int i = 0; i < 10; i++) {
      append(log, write(entries(3, 9 + i, 1, 900)));
    }

    assertThat(files.list()).doesNotContain(SegmentName.BALLAST);
    files.usableBytes = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      append(log, write(entries(3, 19 + i, 1, 900)));
    }
    assertThat(files.list()).contains(SegmentName.BALLAST);
    assertThat(log.space()).isEqualTo(LogSpace.AMPLE);
    assertThat(everything(open(files.afterKill()))).hasSize(27);
  }

  @Test // 21
  void unreadableDisk_opened_failsWithoutChangingIt() throws IOException {
    FaultyFiles files = AlmostFull.make().files.afterKill();
    List<String> names = files.list();
    failOn(files, Operation.READ);

    assertThatThrownBy(() -> open(files)).hasMessageContaining("READ fails");

    files.setHook((_, _) -> {});
    assertThat(files.list()).isEqualTo(names);
    assertThat(everything(open(files))).hasSize(7);
  }

  @Test // 21
  void unreadableDisk_read_failsAndTheLogGoesOn() throws IOException {
    AlmostFull full = AlmostFull.make();
    FaultyFiles files = full.files;
    SegmentedLog log = full.log;
    failOn(files, Operation.READ);
    assertThatThrownBy(() -> log.read(2, 5, 1000)).hasMessageContaining("READ fails");

    files.setHook((_, _) -> {});
    append(log, write(entries(3, 9, 1, 10)));

    assertThat(log.read(2, 10, Long.MAX_VALUE)).hasSize(8);
  }

  @Test // 22, W12
  void threadOfTheLog_interrupted_poisonsInsteadOfWritingOn(@TempDir Path directory)
      throws IOException {
    DirectoryFiles files = DirectoryFiles.at(directory);
    SegmentedLog.create(files, IDENTITY, OPTIONS, FOUNDING);
    SegmentedLog log = open(files).log();
    append(log, write(hardState(3, 1), FIRST_TEN));

    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> append(log, write(entries(3, 12, 1, 10))))
        .isInstanceOf(ClosedByInterruptException.class);
    assertThat(Thread.interrupted()).isTrue();

    assertThatThrownBy(() -> append(log, write(entries(3, 12, 1, 10))))
        .hasMessageContaining("poisoned");
    log.close();
    Recovery again = open(files);
    assertThat(everything(again)).startsWith(FIRST_TEN.toArray(new Entry[0]));
    again.log().close();
  }

  @Test // 24
  void anotherMemberClusterOrStore_opens_isRefused() throws IOException {
    FaultyFiles files = founded();
    List<LogIdentity> others =
        List.of(
            new LogIdentity(17, IDENTITY.memberId(), IDENTITY.logId()),
            new LogIdentity(IDENTITY.clusterId(), LogFixture.MEMBER_9, IDENTITY.logId()),
            new LogIdentity(IDENTITY.clusterId(), IDENTITY.memberId(), new java.util.UUID(17, 18)));

    for (LogIdentity other : others) {
      assertRefused(() -> SegmentedLog.open(files, other, OPTIONS, 1), Reason.FOREIGN);
    }
  }

  @Test // 25
  void newerFormat_opened_isRefusedWithBothVersions() throws IOException {
    FaultyFiles files = founded();
    files.contents(SegmentName.of(1))[11] = 2;

    assertThatThrownBy(() -> open(files))
        .hasMessageContaining("format 2")
        .hasMessageContaining("up to 1");
  }

  @Test // 26
  void logAndStore_thatDoNotMeet_areRefused() throws IOException {
    assertRefused(() -> open(new FaultyFiles(), 17), Reason.MISSING);
    assertRefused(() -> open(founded(), 17), Reason.GAP);

    FaultyFiles dropped = founded();
    SegmentedLog log = open(dropped).log();
    for (int i = 0; i < 30; i++) {
      append(log, write(hardState(3, 1), entries(3, 2 + i, 1, 900)));
    }
    append(log, mark(3, 25));
    log.dropPrefix(25);
    assertRefused(() -> open(dropped.afterKill(), 0), Reason.GAP);
  }

  @Test
  void existingLog_createdAgain_isRefused() throws IOException {
    FaultyFiles files = founded();

    assertRefused(
        () -> {
          SegmentedLog.create(files, IDENTITY, OPTIONS, FOUNDING);
          return open(files);
        },
        Reason.EXISTS);
  }

  @Test // 28
  void hundredRestarts_withoutTraffic_changeNothingButTheEpoch() throws IOException {
    FaultyFiles files = founded();
    SegmentedLog log = open(files).log();
    append(log, write(hardState(3, 5), FIRST_TEN));
    files = files.afterKill();
    open(files);
    RecoveredLog first = open(files.afterKill()).recovered();
    files = files.afterKill();
    List<String> names = files.list();
    byte[] segment = files.contents(SegmentName.of(1)).clone();

    for (int i = 1; i <= 100; i++) {
      files = i % 2 == 0 ? files.afterKill() : files.afterPowerLoss(new Random(i));
      RecoveredLog said = open(files).recovered();
      assertThat(said.hardState()).isEqualTo(first.hardState());
      assertThat(said.last()).isEqualTo(first.last());
      assertThat(said.bootEpoch()).isEqualTo(first.bootEpoch() + i);
    }

    assertThat(files.list()).isEqualTo(names);
    assertThat(files.contents(SegmentName.of(1))).isEqualTo(segment);
  }

  @Test // 28
  void hundredCleanRestarts_withoutTraffic_doNotGrowTheLog() throws IOException {
    FaultyFiles files = founded();
    open(files).log().close();
    byte[] segment = files.contents(SegmentName.of(1)).clone();

    for (int i = 0; i < 100; i++) {
      open(files).log().close();
    }

    assertThat(files.contents(SegmentName.of(1))).isEqualTo(segment);
    assertThat(LogRecovery.segmentNumbers(files)).hasSize(1);
  }

  /// A log in use whose only segment has room for no other batch of 900 bytes; entries 2 to 8.
  private record AlmostFull(FaultyFiles files, SegmentedLog log) {
    static AlmostFull make() throws IOException {
      FaultyFiles files = founded();
      SegmentedLog log = open(files).log();
      for (int i = 0; i < 7; i++) {
        append(log, write(hardState(3, 1), entries(3, 2 + i, 1, 900)));
      }
      assertThat(LogRecovery.segmentNumbers(files)).hasSize(1);
      return new AlmostFull(files, log);
    }

    /// Four batches: the first cuts, the last has a spare prepared.
    void appendFour() throws IOException {
      for (int i = 0; i < 4; i++) {
        append(log, write(entries(3, 9 + i, 1, 900)));
      }
    }
  }

  private static long stepsOfFour() throws IOException {
    AlmostFull full = AlmostFull.make();
    long before = full.files.steps();
    full.appendFour();
    assertThat(LogRecovery.segmentNumbers(full.files)).hasSize(2);
    return full.files.steps() - before;
  }

  private static Persist install(long term, long index) {
    return new Persist(
        1, Optional.of(hardState(term, index)), List.of(), mark(term, index).snapshot());
  }

  private static void failOn(FaultyFiles files, Operation failing) {
    files.setHook(
        (operation, _) -> {
          if (operation == failing) {
            throw new IOException(failing + " fails");
          }
        });
  }

  /// Something that is expected to be refused.
  private interface Opening {
    Recovery run() throws IOException;
  }

  private static void assertRefused(Opening opening, Reason reason) {
    assertThatThrownBy(opening::run)
        .isInstanceOfSatisfying(
            UnusableLogException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
