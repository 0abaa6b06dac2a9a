package io.kvorum.raft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What the shrinker makes of failures whose causes are known.
class ShrinkerTest {
  private static final Scenario LARGE = Scenario.swarm(seedWith(Fault.PARTITION), 20_000);

  @Test
  void failureOfOneFaultAndSomeSteps_shrinksToThese() {
    Shrinker shrinker = new Shrinker(ShrinkerTest::partitionedFor700Steps, _ -> {});

    Scenario smallest = shrinker.shrink(partitionedFor700Steps(LARGE));

    assertThat(smallest.profile().faultGapMicros().keySet()).isEqualTo(EnumSet.of(Fault.PARTITION));
    assertThat(smallest.steps()).isEqualTo(700);
    assertThat(smallest.maxVoters()).isEqualTo(1);
  }

  @Test
  void failureThatOnlyOtherCoursesOfEventsReach_isFoundThere() {
    Shrinker shrinker = new Shrinker(ShrinkerTest::onlyInSomeCourses, _ -> {});

    Scenario smallest = shrinker.shrink(onlyInSomeCourses(LARGE));

    assertThat(smallest.variation()).isEqualTo(7);
    assertThat(smallest.profile().faultGapMicros()).isEmpty();
  }

  @Test
  void failureInTheCalm_keepsTheChaosThatLedToIt() {
    Scenario kept = LARGE.withSteps(50);
    Outcome failed = outcome(kept, 90, Optional.of("I24")); // the calm's events count too

    Scenario smallest =
        new Shrinker(scenario -> outcome(scenario, 90, Optional.empty()), _ -> {}).shrink(failed);

    assertThat(smallest).isEqualTo(kept);
  }

  private static Outcome partitionedFor700Steps(Scenario scenario) {
    boolean fails = scenario.profile().has(Fault.PARTITION) && scenario.steps() >= 700;
    return outcome(scenario, 700, fails ? Optional.of("I1") : Optional.empty());
  }

  private static Outcome onlyInSomeCourses(Scenario scenario) {
    boolean fails = scenario.equals(LARGE) || scenario.variation() == 7;
    return outcome(scenario, scenario.steps(), fails ? Optional.of("I1") : Optional.empty());
  }

  private static Outcome outcome(Scenario scenario, long events, Optional<String> broken) {
    return new Outcome(
        scenario,
        events,
        0,
        new Coverage(),
        broken.map(invariant -> new Outcome.Failure(invariant, new Violation(invariant, "found"))),
        "");
  }

  private static long seedWith(Fault fault) {
    long seed = 1;
    while (!Scenario.swarm(seed, 1).profile().has(fault)
        || Scenario.swarm(seed, 1).profile().voters() < 3) {
      seed++;
    }
    return seed;
  }
}
