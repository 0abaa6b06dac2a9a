package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// The hub against the naive model (etcd API: Watch, "Events" and "Progress"; mvcc.md §6).
class WatchHubPropertyTest {
  private static final int SEEDS = Integer.getInteger("kvorum.watch.seeds", 300);
  private static final int STEPS = 400;

  @Test
  void randomWritesAndReaders_anyOrderOfTasks_everyWatcherSeesExactlyItsEvents() {
    int events = 0;
    int compacted = 0;
    int progress = 0;
    int reads = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      WatchSimulation simulation = new WatchSimulation(seed);
      try {
        simulation.run(STEPS);
      } catch (AssertionError | RuntimeException failure) {
        throw new AssertionError("seed " + seed, failure);
      }
      events += simulation.events();
      compacted += simulation.compactedCancels();
      progress += simulation.progressNotices();
      reads += simulation.historyReads();
    }

    // The simulation is only worth something if it goes everywhere.
    assertThat(events).isGreaterThan(20 * SEEDS);
    assertThat(compacted).isGreaterThan(SEEDS);
    assertThat(progress).isGreaterThan(SEEDS);
    assertThat(reads).isGreaterThan(SEEDS);
  }
}
