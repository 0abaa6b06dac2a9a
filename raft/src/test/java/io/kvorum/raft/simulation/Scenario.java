package io.kvorum.raft.simulation;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// Everything that decides a run.
///
/// @param variation another course of events in the world that the seed draws; 0 is the seed's own
/// @param off classes of faults that never strike, whatever the seed says
/// @param maxVoters founders at most
/// @param steps events before the faults end
record Scenario(
    long seed,
    int variation,
    Profile.Preset preset,
    Set<Fault> off,
    int maxVoters,
    Judgement judgement,
    long steps) {
  static final int MOST_VOTERS = 7;

  Scenario {
    off = off.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(off);
  }

  static Scenario swarm(long seed, long steps) {
    return new Scenario(
        seed, 0, Profile.Preset.SWARM, Set.of(), MOST_VOTERS, Judgement.EVERYTHING, steps);
  }

  Profile profile() {
    return Profile.draw(seed, preset, off, maxVoters);
  }

  Scenario without(Fault fault) {
    Set<Fault> more = EnumSet.copyOf(off);
    more.add(fault);
    return new Scenario(seed, variation, preset, more, maxVoters, judgement, steps);
  }

  Scenario withVoters(int voters) {
    return new Scenario(seed, variation, preset, off, voters, judgement, steps);
  }

  Scenario withSteps(long fewer) {
    return new Scenario(seed, variation, preset, off, maxVoters, judgement, fewer);
  }

  Scenario varied(int other) {
    return new Scenario(seed, other, preset, off, maxVoters, judgement, steps);
  }

  /// What everything that happens is drawn from.
  long worldSeed() {
    return variation == 0 ? seed : LogImage.mix(seed, variation);
  }

  /// The command that runs it.
  String command() {
    StringBuilder line = new StringBuilder("./sim --seed 0x").append(Long.toHexString(seed));
    line.append(" --profile ").append(preset.name().toLowerCase(Locale.ROOT));
    line.append(" --steps ").append(steps);
    if (variation != 0) {
      line.append(" --variation ").append(variation);
    }
    if (maxVoters < MOST_VOTERS) {
      line.append(" --voters ").append(maxVoters);
    }
    if (judgement != Judgement.EVERYTHING) {
      line.append(" --judge ").append(judgement.name().toLowerCase(Locale.ROOT));
    }
    if (!off.isEmpty()) {
      line.append(" --off ").append(off.stream().map(Fault::name).collect(Collectors.joining(",")));
    }
    return line.toString();
  }
}
