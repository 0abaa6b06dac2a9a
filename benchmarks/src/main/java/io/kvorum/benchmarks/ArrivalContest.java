package io.kvorum.benchmarks;

import io.kvorum.testkit.Directories;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Groups of three members that take turns: each is filled once, then a member arrives in each of
/// them, round after round. Prints as it goes, and appends to the results.
final class ArrivalContest {
  private final String command;
  private final String[] arguments;
  private final Path directory;
  private final List<Contestant> contestants = new ArrayList<>();

  /// One of those that take turns.
  record Contestant(String name, MemberGroup group) {}

  /// Fills a group, and leaves it stopped.
  @FunctionalInterface
  interface Filling {
    void of(Contestant contestant) throws IOException, InterruptedException;
  }

  /// Lets a member arrive in a stopped group, and leaves it stopped.
  @FunctionalInterface
  interface Round {
    Arrival of(Contestant contestant) throws IOException, InterruptedException;
  }

  /// @param command of `benchmarks/run`
  /// @param arguments how many thousands; rounds
  ArrivalContest(String command, String[] arguments) throws IOException {
    this.command = command;
    this.arguments = arguments.clone();
    directory = Files.createTempDirectory(command);
    System.out.println("members live in " + directory);
  }

  /// How many revisions or keys it is about.
  int many() {
    return 1000 * (arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1000);
  }

  private int rounds() {
    return arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
  }

  /// @param flags further ones, for all members
  void add(String name, ServerKind kind, List<String> flags) throws IOException {
    Path place = directory.resolve(name.replaceAll("\\W+", "-"));
    contestants.add(new Contestant(name, new MemberGroup(kind, 3, place, flags)));
  }

  /// Compares all with the one that was added last.
  ///
  /// @param what is measured, a sentence
  void run(String what, Filling filling, Round arrival) throws IOException, InterruptedException {
    try {
      for (Contestant contestant : contestants) {
        filling.of(contestant);
      }
      String line = String.join(" ", command, String.join(" ", arguments)).strip();
      ArrivalReport report = new ArrivalReport(System.out, line, what);
      for (int round = 1; round <= rounds(); round++) {
        for (Contestant contestant : contestants) {
          report.add(round, contestant.name(), arrival.of(contestant));
        }
      }
      report.compareWith(contestants.getLast().name());
      report.appendTo(Path.of(ArrivalReport.root(), "benchmarks/results/cluster.md"));
    } finally {
      contestants.forEach(contestant -> contestant.group().close());
    }
    Directories.delete(directory); // after a failure it tells why
  }
}
