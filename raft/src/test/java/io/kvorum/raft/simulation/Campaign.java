package io.kvorum.raft.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Many scenarios, one after the other, and their totals.
final class Campaign {
  private static final int MOST_FAILURES = 20;

  private final Coverage coverage = new Coverage();
  private final List<Outcome> failures = new ArrayList<>();
  private long seeds;
  private long events;

  /// Runs fresh seeds that follow from `base` as long as `goesOn` says so.
  void run(long base, Profile.Preset preset, long steps, BooleanSupplier goesOn) {
    while (goesOn.getAsBoolean() && failures.size() < MOST_FAILURES) {
      long seed = LogImage.mix(base, seeds + 1);
      add(
          Simulation.run(
              new Scenario(seed, preset, java.util.Set.of(), Scenario.MOST_VOTERS, steps)));
    }
  }

  void add(Outcome outcome) {
    seeds++;
    events += outcome.events();
    coverage.add(outcome.coverage());
    if (outcome.failure().isPresent()) {
      failures.add(outcome);
    }
  }

  Coverage coverage() {
    return coverage;
  }

  List<Outcome> failures() {
    return List.copyOf(failures);
  }

  long seeds() {
    return seeds;
  }

  long events() {
    return events;
  }
}
