package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Groups of one to five voters under lost, repeated and reordered messages, slow disks and crashes
/// that lose what was not synced: safety after every event, liveness once the faults end.
class RandomGroupTest {
  private static final int SEEDS = Integer.getInteger("kvorum.raft.seeds", 300);
  private static final int EVENTS = 3_000;

  @Test
  void disturbedGroups_neverDisagreeAndSettleWhenCalm() {
    long terms = 0;
    long decided = 0;
    long reads = 0;
    long crashes = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      SimulatedGroup group = new SimulatedGroup(seed, (int) (seed % 5) + 1);
      for (int i = 0; i < EVENTS; i++) {
        group.disturb();
      }
      group.calm(120);
      group.assertSettled();
      terms += group.terms();
      decided += group.decided();
      reads += group.confirmedReads;
      crashes += group.crashes;
    }

    assertThat(terms).as("terms led").isGreaterThan(2L * SEEDS);
    assertThat(decided).as("entries decided").isGreaterThan(20L * SEEDS);
    assertThat(reads).as("reads confirmed").isGreaterThan(2L * SEEDS);
    assertThat(crashes).as("crashes").isGreaterThan(SEEDS / 2);
  }
}
