package io.kvorum.raft.simulation;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// What `./sim` was asked to do; its `--help` says what each means.
///
/// @param findings stop after so many
/// @param base where fresh seeds follow from
/// @param commit what stands in the ledger
record SimArguments(
    OptionalLong seed,
    int variation,
    Profile.Preset preset,
    Set<Fault> off,
    int maxVoters,
    Judgement judgement,
    long steps,
    long seconds,
    long seeds,
    long base,
    int findings,
    OptionalInt traceEvents,
    boolean isShrinking,
    Optional<Path> ledger,
    String commit) {
  private static final long DEFAULT_SECONDS = 60;
  private static final long DEFAULT_STEPS = 20_000;
  private static final int DEFAULT_FINDINGS = 20;

  Scenario scenario(long oneSeed) {
    return new Scenario(oneSeed, variation, preset, off, maxVoters, judgement, steps);
  }

  /// @throws IllegalArgumentException with what is wrong
  static SimArguments parse(String[] words) {
    OptionalLong seed = OptionalLong.empty();
    int variation = 0;
    Profile.Preset preset = Profile.Preset.SWARM;
    Set<Fault> off = EnumSet.noneOf(Fault.class);
    int maxVoters = Scenario.MOST_VOTERS;
    long steps = DEFAULT_STEPS;
    OptionalLong seconds = OptionalLong.empty();
    OptionalLong seeds = OptionalLong.empty();
    long base = 1;
    int findings = DEFAULT_FINDINGS;
    Judgement judgement = Judgement.EVERYTHING;
    OptionalInt trace = OptionalInt.empty();
    boolean isShrinking = false;
    Optional<Path> ledger = Optional.empty();
    String commit = "unknown";
    for (Iterator<String> rest = List.of(words).iterator(); rest.hasNext(); ) {
      String option = rest.next();
      if (option.equals("--shrink")) {
        isShrinking = true;
        continue;
      }
      if (!rest.hasNext()) {
        throw new IllegalArgumentException(option + " is unknown or lacks its value; see --help");
      }
      String value = rest.next();
      switch (option) {
        case "--seed" -> seed = OptionalLong.of(number(value));
        case "--variation" -> variation = (int) number(value);
        case "--profile" -> preset = Profile.Preset.valueOf(name(value));
        case "--off" -> {
          for (String fault : value.split(",", -1)) {
            off.add(Fault.valueOf(name(fault)));
          }
        }
        case "--voters" -> maxVoters = (int) number(value);
        case "--steps" -> steps = number(value);
        case "--seconds" -> seconds = OptionalLong.of(number(value));
        case "--seeds" -> seeds = OptionalLong.of(number(value));
        case "--findings" -> findings = (int) number(value);
        case "--judge" -> judgement = Judgement.valueOf(name(value));
        case "--base" -> base = number(value);
        case "--trace" -> trace = OptionalInt.of((int) number(value));
        case "--ledger" -> ledger = Optional.of(Path.of(value));
        case "--commit" -> commit = value;
        default -> throw new IllegalArgumentException(option + " is unknown; see --help");
      }
    }
    long defaultSeconds = seeds.isPresent() ? Integer.MAX_VALUE : DEFAULT_SECONDS;
    return new SimArguments(
        seed,
        variation,
        preset,
        off,
        maxVoters,
        judgement,
        steps,
        seconds.orElse(defaultSeconds),
        seeds.orElse(Long.MAX_VALUE),
        base,
        findings,
        trace,
        isShrinking,
        ledger,
        commit);
  }

  private static long number(String word) {
    return word.startsWith("0x")
        ? Long.parseUnsignedLong(word.substring(2), 16)
        : Long.parseLong(word);
  }

  private static String name(String word) {
    return word.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
