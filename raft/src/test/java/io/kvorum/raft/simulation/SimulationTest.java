package io.kvorum.raft.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.simulation.Profile.Preset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// A bounded part of what `./sim` does. The property `kvorum.sim.seconds` says how long fresh seeds
/// run, `kvorum.sim.base` where they follow from.
class SimulationTest {
  private static final long SECONDS = Long.getLong("kvorum.sim.seconds", 20);
  private static final long BASE = Long.getLong("kvorum.sim.base", 1);
  private static final long STEPS = 20_000;

  /// A run of this many events has been everywhere, on all seeds tried.
  private static final long ENOUGH_EVENTS = 20_000_000;

  /// Seeds that once found something, and what.
  private static final List<Long> REGRESSIONS =
      List.of(
          0xb057a060c51b067eL, // a write torn over a clean close was called damage
          0xaf6e66efdecb014eL, // the same in a full segment
          0xe20f8cec8a9f6bf3L, // a process lived on after its files had crashed, into the calm
          0x66ecc0dd90581c21L, // the calm was planned without a change in a write under way
          0xfd1e93d2fd2ee0a0L, // the same, the change still inside a core
          0xc005835b78f44607L, // a hand-over asked for before the calm was carried out in it
          0x37836006f854107bL, // a change that the core had replaced was held against it
          0xeb99a7122d56beddL); // a commit told by a member of an earlier term was not heard

  @Test
  void freshSeeds_forATime_breakNothingAndSeeEverything() {
    Campaign campaign = new Campaign();
    long endNanos = System.nanoTime() + SECONDS * 1_000_000_000L;

    campaign.run(BASE, seed -> Scenario.swarm(seed, STEPS), () -> System.nanoTime() < endNanos);

    assertNothingFound(campaign);
    if (campaign.events() >= ENOUGH_EVENTS) {
      assertThat(campaign.coverage().neverSeen()).isEmpty();
    }
  }

  @Test
  void slowDisksAndPartialConnectivity_someSeeds_breakNothing() {
    Campaign campaign = new Campaign();

    campaign.run(BASE, seed -> of(Preset.SLOW_DISK, seed), () -> campaign.seeds() < 20);
    campaign.run(BASE, seed -> of(Preset.PARTIAL_CONNECTIVITY, seed), () -> campaign.seeds() < 40);

    assertNothingFound(campaign);
  }

  @Test
  void seedsThatFoundSomething_again_findNothing() {
    Campaign campaign = new Campaign();

    for (long seed : REGRESSIONS) {
      campaign.add(Simulation.run(Scenario.swarm(seed, STEPS)));
    }

    assertNothingFound(campaign);
  }

  @Test
  void seed_runTwice_goesTheSameWay() {
    for (long seed = 1; seed <= 10; seed++) {
      Outcome first = Simulation.run(Scenario.swarm(seed, STEPS));
      Outcome second = Simulation.run(Scenario.swarm(seed, STEPS));

      assertThat(second.traceHash()).as("seed %d", seed).isEqualTo(first.traceHash());
      assertThat(second.events()).as("seed %d", seed).isEqualTo(first.events());
    }
  }

  private static Scenario of(Preset preset, long seed) {
    return new Scenario(
        seed, 0, preset, Set.of(), Scenario.MOST_VOTERS, Judgement.EVERYTHING, STEPS);
  }

  private static void assertNothingFound(Campaign campaign) {
    assertThat(campaign.failures().stream().map(Outcome::report)).isEmpty();
  }
}
