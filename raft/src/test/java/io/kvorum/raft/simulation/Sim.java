package io.kvorum.raft.simulation;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Optional;

/// The command `./sim`.
final class Sim {
  private static final int FAILED = 1;
  private static final int MISUSED = 2;
  private static final int REPORT_EVENTS = 200;

  private final SimArguments arguments;
  private final PrintStream out;

  private Sim(SimArguments arguments, PrintStream out) {
    this.arguments = arguments;
    this.out = out;
  }

  /// Exits with 0 if nothing was found.
  public static void main(String[] words) throws IOException {
    SimArguments arguments;
    try {
      arguments = SimArguments.parse(words);
    } catch (IllegalArgumentException misuse) {
      System.err.println("sim: " + misuse.getMessage());
      System.exit(MISUSED);
      return;
    }
    Sim sim = new Sim(arguments, System.out);
    boolean isClean = arguments.seed().isPresent() ? sim.one() : sim.many();
    System.exit(isClean ? 0 : FAILED);
  }

  /// Runs one seed, and shrinks what it finds if that is asked for.
  private boolean one() {
    int traceLength = arguments.traceEvents().orElse(REPORT_EVENTS);
    Scenario scenario = arguments.scenario(arguments.seed().orElseThrow());
    Outcome outcome = Simulation.run(scenario, traceLength);
    if (outcome.failure().isPresent() && arguments.isShrinking()) {
      outcome = Simulation.run(new Shrinker(out::println).shrink(outcome), traceLength);
    }
    if (outcome.failure().isPresent() || arguments.traceEvents().isPresent()) {
      out.print(outcome.report());
    }
    out.printf(
        "%s: %d events, trace %016x%n",
        outcome.failure().isPresent() ? "FAILED" : "clean", outcome.events(), outcome.traceHash());
    return outcome.failure().isEmpty();
  }

  /// Runs fresh seeds, and reports what they found and where they have been.
  private boolean many() throws IOException {
    long startNanos = System.nanoTime();
    long startCpuNanos = cpuNanos();
    long endNanos = startNanos + arguments.seconds() * 1_000_000_000L;
    Campaign campaign = new Campaign(arguments.findings());
    campaign.run(
        arguments.base(),
        arguments::scenario,
        () -> campaign.seeds() < arguments.seeds() && System.nanoTime() < endNanos);
    Totals totals =
        new Totals(
            campaign, (System.nanoTime() - startNanos) / 1e9, (cpuNanos() - startCpuNanos) / 1e9);
    for (Outcome failed : campaign.failures()) {
      Outcome.Failure failure = failed.failure().orElseThrow();
      out.println(failure.cause().getMessage());
      out.println("  reproduce: " + failed.scenario().command());
    }
    out.println(totals.summary());
    Optional<Path> ledger = arguments.ledger();
    if (ledger.isPresent()) {
      totals.appendTo(ledger.get(), arguments.commit());
    }
    return campaign.failures().isEmpty();
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
