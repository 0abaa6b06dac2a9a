package io.kvorum.raft.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.stream.Collectors;

/// The sums of a campaign, for a reader and for the ledger.
///
/// @param cpuSeconds of the one thread that it ran on; less than `seconds` if the machine was
///   shared
record Totals(Campaign campaign, double seconds, double cpuSeconds) {
  private static final String HEAD =
      """
      # Simulation ledger

      Every row is one run of `./sim`; findings are fixed before the next row of a later commit. CPU seconds are
      those of the one thread that simulates.

      | date | commit | seeds | events | events/s | events/CPU s | seconds | never seen | findings |
      |---|---|---|---|---|---|---|---|---|
      """;

  String summary() {
    StringBuilder text = new StringBuilder();
    for (Sometimes situation : Sometimes.values()) {
      text.append(
          String.format(Locale.ROOT, "%,14d  %s%n", campaign.coverage().of(situation), situation));
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%d seeds, %d events in %.0f s: %.0f events/s, %.0f per CPU second; traces %016x%n",
            campaign.seeds(),
            campaign.events(),
            seconds,
            campaign.events() / seconds,
            campaign.events() / cpuSeconds,
            campaign.traceHash()));
    text.append("never seen: ").append(neverSeen()).append("; findings: ").append(findings());
    return text.toString();
  }

  /// Adds a row to the Markdown file, which is made if it is not there.
  void appendTo(Path ledger, String commit) throws IOException {
    if (!Files.exists(ledger)) {
      Files.writeString(ledger, HEAD);
    }
    String row =
        String.format(
            Locale.ROOT,
            "| %s | %s | %d | %d | %.0f | %.0f | %.0f | %s | %s |%n",
            LocalDate.now(ZoneOffset.UTC),
            commit,
            campaign.seeds(),
            campaign.events(),
            campaign.events() / seconds,
            campaign.events() / cpuSeconds,
            seconds,
            neverSeen(),
            findings());
    Files.writeString(ledger, row, StandardOpenOption.APPEND);
  }

  private String neverSeen() {
    return campaign.coverage().neverSeen().isEmpty()
        ? "none"
        : campaign.coverage().neverSeen().toString();
  }

  private String findings() {
    if (campaign.failures().isEmpty()) {
      return "none";
    }
    return campaign.failures().stream()
        .map(
            failed ->
                failed.failure().orElseThrow().invariant()
                    + " 0x"
                    + Long.toHexString(failed.scenario().seed()))
        .collect(Collectors.joining(", "));
  }
}
