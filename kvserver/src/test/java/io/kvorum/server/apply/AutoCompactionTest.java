package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.CompactionRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Automatic compaction as operations.md §5.8 has it, on the test's time.
class AutoCompactionTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir Path directory;
  private Workbench bench;
  private boolean leads = true;

  @BeforeEach
  void open() {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void periodic_periodPassed_compactsAtTheOldestSampleThenEveryInterval() {
    AutoCompaction compaction = auto(new PeriodicSchedule(Duration.ofMinutes(10), now()));

    assertThat(compactedDuring(compaction, 9)).isEmpty();
    assertThat(compactedDuring(compaction, 2)).containsExactly(1L);
    assertThat(compactedDuring(compaction, 9)).isEmpty();
    assertThat(compactedDuring(compaction, 3)).containsExactly(11L);
  }

  @Test
  void periodic_revisionStandsStill_isLeftAlone() {
    bench.put("a", "1");
    AutoCompaction compaction = auto(new PeriodicSchedule(Duration.ofMinutes(10), now()));

    List<Long> compacted = new ArrayList<>();
    for (int minute = 0; minute < 60; minute++) {
      tick(compaction, MINUTE);
      compacted.add(bench.store.compactedRevision());
    }

    assertThat(compacted.stream().distinct()).containsExactly(-1L, 2L);
  }

  @Test
  void revision_everyFiveMinutes_keepsTheLastOnes() {
    AutoCompaction compaction = auto(new RevisionSchedule(3, now()));

    assertThat(compactedDuring(compaction, 4)).isEmpty();
    assertThat(compactedDuring(compaction, 2)).containsExactly(3L);
    assertThat(compactedDuring(compaction, 5)).containsExactly(8L);
  }

  @Test
  void follower_neverProposes_andActsOnceItLeads() {
    leads = false;
    AutoCompaction compaction = auto(new PeriodicSchedule(Duration.ofMinutes(10), now()));

    assertThat(compactedDuring(compaction, 30)).isEmpty();
    leads = true;

    assertThat(compactedDuring(compaction, 1)).isNotEmpty();
  }

  @Test
  void compactedBySomebodyElse_countsAsDone() {
    AutoCompaction compaction = auto(new RevisionSchedule(3, now()));
    for (int i = 0; i < 9; i++) {
      bench.put("a", "1");
    }
    bench.applied(
        LogCommand.newBuilder().setCompaction(CompactionRequest.newBuilder().setRevision(8)));

    tick(compaction, Duration.ofMinutes(5));
    tick(compaction, MINUTE);
    int logged = bench.log.size();
    tick(compaction, Duration.ofMinutes(5));

    assertThat(bench.log).hasSize(logged);
  }

  private AutoCompaction auto(CompactionSchedule schedule) {
    AutoCompaction compaction =
        new AutoCompaction(schedule, bench.store::head, () -> leads, bench.proposals);
    compaction.tick(now());
    return compaction;
  }

  /// Puts one key per minute and tells the compacted revisions that came up.
  private List<Long> compactedDuring(AutoCompaction compaction, int minutes) {
    List<Long> revisions = new ArrayList<>();
    for (int minute = 0; minute < minutes; minute++) {
      bench.put("a", "1");
      long before = bench.store.compactedRevision();
      tick(compaction, MINUTE);
      if (bench.store.compactedRevision() != before) {
        revisions.add(bench.store.compactedRevision());
      }
    }
    return revisions;
  }

  private void tick(AutoCompaction compaction, Duration by) {
    compaction.tick(bench.clock.advance(by));
    bench.applyAll();
  }

  private long now() {
    return bench.clock.getAsLong();
  }
}
