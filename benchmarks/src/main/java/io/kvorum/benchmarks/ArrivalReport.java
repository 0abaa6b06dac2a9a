package io.kvorum.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The table of the arrivals of some contestants: printed row by row, and appended to the results
/// in the end.
final class ArrivalReport {
  private final PrintStream out;
  private final List<String> lines = new ArrayList<>();
  private final Map<String, List<Double>> seconds = new LinkedHashMap<>(); // in order of appearance

  /// @param command that makes such a report again
  ArrivalReport(PrintStream out, String command, String what) throws IOException {
    this.out = out;
    lines.add("");
    lines.add("## `benchmarks/run " + command + "`");
    lines.add("");
    lines.add("%s, %s, %s.".formatted(LocalDate.now(ZoneOffset.UTC), commit(), machine()));
    lines.add(what);
    lines.add("");
    lines.add(
        "| round | server | seconds | joiner: CPU s | peak MiB | after | leader: CPU s | peak MiB |"
            + " after |");
    lines.add("|---|---|---|---|---|---|---|---|---|");
    lines.forEach(out::println);
  }

  void add(int round, String contestant, Arrival arrival) {
    say("| %d | %s | %s |".formatted(round, contestant, arrival.row()));
    seconds
        .computeIfAbsent(contestant, _ -> new ArrayList<>())
        .add(arrival.time().toMillis() / 1e3);
  }

  private void say(String line) {
    out.println(line);
    lines.add(line);
  }

  /// Prints the ratios of all contestants to one of them.
  void compareWith(String peer) {
    say("");
    seconds.forEach(
        (contestant, _) -> {
          if (!contestant.equals(peer)) {
            say(
                String.format(
                    Locale.ROOT,
                    "%s: median %.2f s, %s %.2f s, ratio %.2f.",
                    contestant,
                    median(contestant),
                    peer,
                    median(peer),
                    median(contestant) / median(peer)));
          }
        });
  }

  private double median(String contestant) {
    List<Double> sorted = seconds.getOrDefault(contestant, List.of()).stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  /// Appends all of it to a file.
  void appendTo(Path file) throws IOException {
    var _ =
        Files.write(
            file,
            lines,
            StandardCharsets.UTF_8,
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
  }

  private static String commit() throws IOException {
    Process git =
        new ProcessBuilder("git", "-C", root(), "rev-parse", "--short", "HEAD")
            .redirectErrorStream(true)
            .start();
    String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    return git.onExit().join().exitValue() == 0 ? said : "unknown commit";
  }

  static String root() {
    return System.getProperty("kvorum.root", ".");
  }

  private static String machine() throws IOException {
    String memory = Files.readAllLines(Path.of("/proc/meminfo")).getFirst().replaceAll("\\D", "");
    return "%d cores, %d GB, Java %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            Math.ceilDiv(Long.parseLong(memory), 1L << 20),
            Runtime.version().feature());
  }
}
