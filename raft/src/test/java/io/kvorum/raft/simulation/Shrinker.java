package io.kvorum.raft.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/// Looks for a smaller scenario that still breaks the same invariant: fewer classes of faults,
/// fewer founders, fewer steps. What is taken away changes the course of everything after it, so
/// each smaller world is given some other courses too.
final class Shrinker {
  private static final int NO_TRACE = 0;
  private static final int VARIATIONS = 400;

  private final Function<Scenario, Outcome> simulation;
  private final Consumer<String> progress;

  Shrinker(Consumer<String> progress) {
    this(scenario -> Simulation.run(scenario, NO_TRACE), progress);
  }

  /// @param simulation what a scenario leads to
  Shrinker(Function<Scenario, Outcome> simulation, Consumer<String> progress) {
    this.simulation = simulation;
    this.progress = progress;
  }

  Scenario shrink(Outcome failed) {
    String invariant = failed.failure().orElseThrow().invariant();
    Scenario smallest = cut(failed);
    Optional<Scenario> smaller = Optional.of(smallest);
    while (smaller.isPresent()) {
      smallest = smaller.get();
      progress.accept("still fails: " + smallest.command());
      smaller =
          candidates(smallest).stream()
              .flatMap(
                  candidate -> IntStream.rangeClosed(0, VARIATIONS).mapToObj(candidate::varied))
              .map(simulation)
              .filter(
                  outcome ->
                      outcome.failure().filter(it -> it.invariant().equals(invariant)).isPresent())
              .map(Shrinker::cut)
              .findFirst();
    }
    return smallest;
  }

  /// Nothing after the failure matters.
  private static Scenario cut(Outcome failed) {
    Scenario scenario = failed.scenario();
    return scenario.withSteps(Math.min(scenario.steps(), failed.events()));
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
