package io.kvorum.raft.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Looks for a smaller scenario that still breaks the same invariant: fewer classes of faults,
/// fewer founders, fewer steps.
final class Shrinker {
  private static final int NO_TRACE = 0;

  private final Consumer<String> progress;

  Shrinker(Consumer<String> progress) {
    this.progress = progress;
  }

  Scenario shrink(Outcome failed) {
    String invariant = failed.failure().orElseThrow().invariant();
    Scenario smallest = failed.scenario().withSteps(failed.events());
    boolean isSmaller = true;
    while (isSmaller) {
      isSmaller = false;
      for (Scenario candidate : candidates(smallest)) {
        Outcome outcome = Simulation.run(candidate, NO_TRACE);
        if (outcome.failure().filter(it -> it.invariant().equals(invariant)).isPresent()) {
          smallest = candidate.withSteps(Math.min(candidate.steps(), outcome.events()));
          progress.accept("still fails: " + smallest.command());
          isSmaller = true;
          break;
        }
      }
    }
    return smallest;
  }

  private static List<Scenario> candidates(Scenario scenario) {
    List<Scenario> candidates = new ArrayList<>();
    for (int voters = 1;
        voters < Math.min(scenario.maxVoters(), scenario.profile().voters());
        voters++) {
      candidates.add(scenario.withVoters(voters));
    }
    if (scenario.steps() > 100) {
      candidates.add(scenario.withSteps(scenario.steps() / 2));
      candidates.add(scenario.withSteps(scenario.steps() * 9 / 10));
    }
    for (Fault fault : scenario.profile().faultGapMicros().keySet()) {
      candidates.add(scenario.without(fault));
    }
    return candidates;
  }
}
