package io.kvorum.raft.simulation;

import io.kvorum.raft.RaftOptions;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// What the world of one seed is like: the group, its limits, and the faults with their rates.
///
/// @param faultGapMicros mean time between two faults of a class that is on
/// @param segmentBytes capacity of the segments of the logs
record Profile(
    Preset preset,
    int voters,
    int learners,
    RaftOptions options,
    Map<Fault, Long> faultGapMicros,
    Pace pace,
    int segmentBytes) {
  static final long TICK_MICROS = 1_000;

  /// In so few worlds of a swarm is there one with cuts and nothing else.
  private static final int ONE_IN_ONLY_CUT = 20;

  Profile {
    faultGapMicros = new EnumMap<>(faultGapMicros);
  }

  /// A family of worlds.
  enum Preset {
    /// Every class of faults on or off by a coin of its own.
    SWARM,
    /// Slow disks and crashes that lose what was not synced, and little else: what the rules about
    /// durability protect from (raft.md §4.6).
    SLOW_DISK,
    /// Only cuts, and both pre-votes and quorum checks: a reachable leader has to stay (§4.4).
    PARTIAL_CONNECTIVITY
  }

  /// Mean durations, in microseconds of virtual time.
  record Pace(
      long networkMicros, long diskMicros, long applyMicros, long flushMicros, long clientMicros) {
    /// So few puts that the log of a member that was cut off is still good enough to be elected.
    Pace withQuietClients() {
      return new Pace(networkMicros, diskMicros, applyMicros, flushMicros, clientMicros * 100);
    }
  }

  /// The world of `seed`, without the faults in `off` and with no more founders than `maxVoters`.
  static Profile draw(long seed, Preset preset, Set<Fault> off, int maxVoters) {
    SplittableRandom random = new SplittableRandom(seed);
    Set<Fault> on = faults(preset, random);
    if (preset == Preset.SWARM && Math.floorMod(LogImage.mix(seed, 3), ONE_IN_ONLY_CUT) == 0) {
      on = EnumSet.of(Fault.PARTITION);
    }
    on.removeAll(off);
    Map<Fault, Long> gaps = new EnumMap<>(Fault.class);
    long busiest = logUniform(random, 3, 80);
    for (Fault fault : Fault.values()) {
      long gap = logUniform(random, busiest, busiest * 8) * TICK_MICROS;
      if (on.contains(fault)) {
        gaps.put(fault, gap);
      }
    }
    int voters = Math.min(maxVoters, random.nextInt(1, 8));
    int learners = random.nextInt(3) == 0 ? random.nextInt(1, 4) : 0;
    Pace pace = pace(preset, random);
    if (EnumSet.of(Fault.PARTITION).containsAll(on)) {
      pace = pace.withQuietClients();
    }
    return new Profile(
        preset,
        voters,
        maxVoters < 7 ? 0 : learners,
        options(preset, random),
        gaps,
        pace,
        random.nextInt(8, 33) * 512);
  }

  boolean has(Fault fault) {
    return faultGapMicros.containsKey(fault);
  }

  /// Whether a leader that reaches a quorum has nothing to fear (§4.4).
  boolean sparesLeaders() {
    return EnumSet.of(Fault.PARTITION).containsAll(faultGapMicros.keySet())
        && options.election().preVote()
        && options.election().checkQuorum();
  }

  private static Set<Fault> faults(Preset preset, RandomGenerator random) {
    return switch (preset) {
      case SWARM -> {
        Set<Fault> on = EnumSet.noneOf(Fault.class);
        for (Fault fault : Fault.values()) {
          if (random.nextBoolean()) {
            on.add(fault);
          }
        }
        yield on;
      }
      case SLOW_DISK ->
          EnumSet.of(
              Fault.POWER_LOSS,
              Fault.BLACKOUT,
              Fault.EFFECT_CRASH,
              Fault.IO_CRASH,
              Fault.FORCE_FAILURE,
              Fault.DISK_STALL,
              Fault.PARTITION,
              Fault.COMPACTION,
              Fault.REORDERING);
      case PARTIAL_CONNECTIVITY -> EnumSet.of(Fault.PARTITION);
    };
  }

  private static Pace pace(Preset preset, RandomGenerator random) {
    long disk = logUniform(random, 10, 2_000);
    return new Pace(
        logUniform(random, 20, 600),
        preset == Preset.SLOW_DISK ? disk * 4 : disk,
        logUniform(random, 5, 1_000),
        logUniform(random, 2_000, 60_000),
        logUniform(random, 40, 1_500));
  }

  private static RaftOptions options(Preset preset, RandomGenerator random) {
    boolean isChecked = preset == Preset.PARTIAL_CONNECTIVITY || random.nextInt(5) > 0;
    boolean isPreVoted = preset == Preset.PARTIAL_CONNECTIVITY || random.nextInt(5) > 0;
    int timeout = random.nextInt(3, 21);
    long appendBytes = logUniform(random, 1, 1 << 20);
    return new RaftOptions(
        new RaftOptions.Election(
            timeout, random.nextInt(1, Math.max(2, timeout / 3)), isPreVoted, isChecked),
        new RaftOptions.Replication(
            appendBytes, (int) logUniform(random, 1, 512), appendBytes * logUniform(random, 1, 64)),
        new RaftOptions.Limits(
            logUniform(random, 100, 1 << 20),
            logUniform(random, 50, 1 << 20),
            (int) logUniform(random, 2, 1_000),
            random.nextInt(1, 9),
            logUniform(random, 100, 1 << 20)),
        new RaftOptions.Tail(
            (int) logUniform(random, 1, 1_000) - 1, logUniform(random, 1, 1 << 16)));
  }

  private static long logUniform(RandomGenerator random, long from, long to) {
    return Math.round(from * Math.pow((double) to / from, random.nextDouble()));
  }
}
