package io.kvorum.benchmarks;

import io.kvorum.testkit.Directories;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How long a new member with an empty directory takes, from its start until it serves reads at the
/// revision of its leader, whose log no longer begins at the first entry: so it gets a snapshot.
/// Kvorum and etcd in turns, three members before, each group started anew after it was filled.
public final class Newcomer {
  private static final int PUTS_PER_TXN = 32;

  /// etcd keeps far more of the log by default, and would send all of it.
  private static final List<String> ETCD_FLAGS = List.of("--snapshot-count=10000");

  private Newcomer() {}

  private record Contestant(ServerKind kind, MemberGroup group) {}

  /// Measures, prints as it goes, and appends to the results.
  ///
  /// @param arguments keys in thousands; rounds
  public static void main(String[] arguments) throws Exception {
    int keys = 1000 * (arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1000);
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    Path directory = Files.createTempDirectory("newcomer");
    System.out.println("members live in " + directory);
    List<Contestant> contestants = new ArrayList<>();
    try {
      for (ServerKind kind : List.of(ServerKind.KVORUM, ServerKind.ETCD)) {
        List<String> flags = kind == ServerKind.ETCD ? ETCD_FLAGS : List.of();
        MemberGroup group = new MemberGroup(kind, 3, directory.resolve(kind.name()), flags);
        contestants.add(new Contestant(kind, group));
        group.start(group.members());
        new BulkWriter(kind.name(), group.leader().endpoint()).write(keys, keys, PUTS_PER_TXN);
        group.stop();
      }
      ArrivalReport report =
          new ArrivalReport(
              System.out,
              String.join(" ", "newcomer", String.join(" ", arguments)).strip(),
              "A new member, %,d keys of 40 B with values of 256 B.".formatted(keys));
      for (int round = 1; round <= rounds; round++) {
        for (Contestant contestant : contestants) {
          report.add(round, contestant.kind().name(), measure(contestant.group()));
        }
      }
      report.compareWith(ServerKind.ETCD.name());
      report.appendTo(Path.of(ArrivalReport.root(), "benchmarks/results/cluster.md"));
    } finally {
      contestants.forEach(contestant -> contestant.group().close());
    }
    Directories.delete(directory); // after a failure it tells why
  }

  private static Arrival measure(MemberGroup group) throws IOException, InterruptedException {
    group.start(group.members());
    MemberGroup.Newcomer newcomer = group.add();
    Arrival arrival =
        Arrival.measure(group.leader(), newcomer.member(), () -> group.start(newcomer));
    group.remove(newcomer);
    group.stop();
    return arrival;
  }
}
