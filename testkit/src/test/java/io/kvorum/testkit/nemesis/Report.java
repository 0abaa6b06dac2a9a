package io.kvorum.testkit.nemesis;

import io.kvorum.testkit.PowerFailure;
import io.kvorum.testkit.nemesis.NemesisRun.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What happened in a run, and what was wrong.
///
/// @param directory has what the members said
/// @param calls by kind and outcome
/// @param available the kinds of faults that could be had
/// @param lost to power failures
/// @param ledTerms terms in which a leader was seen
record Report(
    Settings settings,
    Path directory,
    Map<String, Long> calls,
    Set<FaultKind> available,
    Map<FaultKind, Integer> faults,
    PowerFailure.Loss lost,
    int ledTerms,
    long snapshots,
    Unavailability unavailability,
    List<String> violations) {
  private static final int SHOWN = 20;

  Report {
    calls = new TreeMap<>(calls);
    faults = new TreeMap<>(faults);
    available = Set.copyOf(available);
    violations = List.copyOf(violations);
  }

  /// Writes of keys that were acknowledged.
  long acknowledgedWrites() {
    return done("put") + done("txn") + done("cas") + done("delete");
  }

  private long done(String kind) {
    return calls.getOrDefault(kind + " done", 0L);
  }

  int faultCount() {
    return faults.values().stream().mapToInt(Integer::intValue).sum();
  }

  /// Some lines for people.
  String text() {
    return """
        %s, %d members, seed 0x%x, %d s
          calls: %s
          faults: %s
          lost to power failures: %d sectors, %d bytes of growth
          elections: %d terms with a leader
          snapshots: %d taken over from the leader
          no write acknowledged: %s in all, %s at the longest
          violations: %s
        """
        .formatted(
            settings.kind(),
            settings.members(),
            settings.seed(),
            settings.duration().toSeconds(),
            listed(calls),
            listed(faults),
            lost.sectors(),
            lost.growthBytes(),
            ledTerms,
            snapshots,
            seconds(unavailability.total()),
            seconds(unavailability.longest()),
            violations.isEmpty() ? "none" : violations.size() + ", see " + directory + shown());
  }

  private static String listed(Map<?, ? extends Number> numbers) {
    return numbers.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String seconds(Duration duration) {
    return "%.1f s".formatted(duration.toMillis() / 1e3);
  }

  private String shown() {
    return violations.stream()
        .limit(SHOWN)
        .map(violation -> "\n    " + violation.replace("\0", "\\0"))
        .collect(Collectors.joining());
  }

  /// A row of the ledger, `docs/evidence/nemesis.md`.
  String row(String date, String commit) {
    return "| %s | %s | %s | %d | 0x%x | %d | %d | %d | %d | %d | %s | %s |%n"
        .formatted(
            date,
            commit,
            settings.kind(),
            settings.members(),
            settings.seed(),
            settings.duration().toSeconds(),
            acknowledgedWrites(),
            faultCount(),
            ledTerms,
            snapshots,
            seconds(unavailability.total()),
            violations.isEmpty() ? "none" : Integer.toString(violations.size()));
  }
}
