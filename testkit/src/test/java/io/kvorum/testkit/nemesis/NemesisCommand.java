package io.kvorum.testkit.nemesis;

import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The command `./nemesis`: one run after the other, until the first violation.
final class NemesisCommand {
  private static final int FAILED = 1;
  private static final int MISUSED = 2;
  private static final List<String> OPTIONS =
      List.of("seed", "base", "runs", "seconds", "members", "server", "ledger", "commit");

  private final Map<String, String> options;

  private NemesisCommand(Map<String, String> options) {
    this.options = options;
  }

  /// Exits with 0 if nothing was found.
  public static void main(String[] words) throws IOException, InterruptedException {
    try {
      boolean isClean = new NemesisCommand(parse(words)).run();
      System.exit(isClean ? 0 : FAILED);
    } catch (IllegalArgumentException misuse) {
      System.err.println("nemesis: " + misuse.getMessage());
      System.exit(MISUSED);
    }
  }

  private static Map<String, String> parse(String[] words) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < words.length; i += 2) {
      String name = words[i].startsWith("--") ? words[i].substring(2) : "";
      if (!OPTIONS.contains(name) || i + 1 == words.length) {
        throw new IllegalArgumentException("cannot read " + words[i]);
      }
      options.put(name, words[i + 1]);
    }
    return options;
  }

  private boolean run() throws IOException, InterruptedException {
    long seed = Long.decode(option("seed", option("base", "1")));
    int runs = Integer.parseInt(option("runs", "1"));
    int members = Integer.parseInt(option("members", "3"));
    Duration duration = Duration.ofSeconds(Long.parseLong(option("seconds", "60")));
    ServerKind kind = ServerKind.valueOf(option("server", ServerKind.KVORUM.name()));
    Optional<Path> ledger = Optional.ofNullable(options.get("ledger")).map(Path::of);
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    Deque<FaultKind> deck = new ArrayDeque<>();
    for (int i = 0; i < runs; i++) {
      NemesisRun.Settings settings = new NemesisRun.Settings(kind, members, seed + i, duration);
      Report report = NemesisRun.run(settings, parent, deck);
      System.out.print(report.text());
      if (ledger.isPresent()) {
        String today = LocalDate.now(ZoneOffset.UTC).toString();
        Files.writeString(
            ledger.get(),
            report.row(today, option("commit", "unknown")),
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
      }
      if (!report.violations().isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private String option(String name, String otherwise) {
    return options.getOrDefault(name, otherwise);
  }
}
