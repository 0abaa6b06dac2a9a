package io.kvorum.raft.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;

/// Many scenarios, one after the other, and their totals.
final class Campaign {
  private static final int MOST_FAILURES = 20;

  private final Coverage coverage = new Coverage();
  private final List<Outcome> failures = new ArrayList<>();
  private long seeds;
  private long events;
  private long traceHash;
  private final int mostFailures;

  Campaign() {
    this(MOST_FAILURES);
  }

  /// @param mostFailures stops after so many
  Campaign(int mostFailures) {
    this.mostFailures = mostFailures;
  }

  /// Runs fresh seeds that follow from `base` as long as `goesOn` says so.
  void run(long base, LongFunction<Scenario> scenarios, BooleanSupplier goesOn) {
    while (goesOn.getAsBoolean() && failures.size() < mostFailures) {
      add(Simulation.run(scenarios.apply(LogImage.mix(base, seeds + 1))));
    }
  }

  void add(Outcome outcome) {
    seeds++;
    events += outcome.events();
    traceHash = LogImage.mix(traceHash, outcome.traceHash());
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

  /// Equal for two campaigns over the same seeds, in whatever JVM (I23).
  long traceHash() {
    return traceHash;
  }

  long events() {
    return events;
  }
}
