package io.kvorum.benchmarks;

import io.kvorum.testkit.Directories;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How long a member that was down takes, from its restart until it serves reads at the revision of
/// its leader. Kvorum with its defaults, Kvorum with a log that is kept whole, and etcd, in turns;
/// before each round all members are put back to the same directories.
public final class CatchUp {
  private static final int KEYS = 100_000;

  private CatchUp() {}

  private record Contestant(String name, MemberGroup group) {}

  /// Measures, prints as it goes, and appends to the results.
  ///
  /// @param arguments missed revisions in thousands; rounds
  public static void main(String[] arguments) throws Exception {
    int missed = 1000 * (arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1000);
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    Path directory = Files.createTempDirectory("catch-up");
    System.out.println("members live in " + directory);
    List<Contestant> contestants = new ArrayList<>();
    try {
      contestants.add(contestant("Kvorum", ServerKind.KVORUM, directory, List.of()));
      contestants.add(
          contestant(
              "Kvorum, whole log",
              ServerKind.KVORUM,
              directory,
              List.of("--snapshot-catchup-entries=" + 2 * missed)));
      contestants.add(contestant("etcd", ServerKind.ETCD, directory, List.of()));
      for (Contestant contestant : contestants) {
        fill(contestant, missed);
      }
      ArrivalReport report =
          new ArrivalReport(
              System.out,
              String.join(" ", "catchup", String.join(" ", arguments)).strip(),
              "A member that missed %,d revisions, values of 256 B under %,d keys of 40 B."
                  .formatted(missed, KEYS));
      for (int round = 1; round <= rounds; round++) {
        for (Contestant contestant : contestants) {
          report.add(round, contestant.name(), measure(contestant.group()));
        }
      }
      report.compareWith("etcd");
      report.appendTo(Path.of(ArrivalReport.root(), "benchmarks/results/cluster.md"));
    } finally {
      contestants.forEach(contestant -> contestant.group().close());
    }
    Directories.delete(directory); // after a failure it tells why
  }

  private static Contestant contestant(
      String name, ServerKind kind, Path directory, List<String> flags) throws IOException {
    Path place = directory.resolve(name.replaceAll("\\W+", "-"));
    return new Contestant(name, new MemberGroup(kind, 3, place, flags));
  }

  /// The last member is stopped before the others are filled.
  private static void fill(Contestant contestant, int missed)
      throws IOException, InterruptedException {
    MemberGroup group = contestant.group();
    group.start(group.members());
    new BulkWriter(contestant.name() + ", before", group.leader().endpoint()).write(1000, KEYS, 1);
    group.members().getLast().stop();
    awaitLeader(group);
    new BulkWriter(contestant.name(), group.leader().endpoint()).write(missed, KEYS, 1);
    group.stop();
    group.save();
  }

  /// The member that was stopped may have led.
  private static void awaitLeader(MemberGroup group) throws IOException {
    for (GroupMember member : group.members()) {
      if (member.isRunning()) {
        member.awaitHealthy();
      }
    }
  }

  private static Arrival measure(MemberGroup group) throws IOException, InterruptedException {
    group.restore();
    GroupMember joiner = group.members().getLast();
    group.start(group.members().subList(0, 2));
    Arrival arrival = Arrival.measure(group.leader(), joiner, () -> group.startOnly(joiner));
    group.stop();
    return arrival;
  }
}
