package io.kvorum.benchmarks;

import io.kvorum.testkit.Directories;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How long a member takes that stood still (SIGSTOP) while the others were written to, from the
/// moment it goes on until it serves reads at the revision of its leader. As [CatchUp], but without
/// the start of a process. Kvorum and etcd in turns, both with their defaults.
public final class CutOff {
  private static final int KEYS = 100_000;

  private CutOff() {}

  private record Contestant(ServerKind kind, MemberGroup group) {}

  /// Measures, prints as it goes, and appends to the results.
  ///
  /// @param arguments missed revisions in thousands; rounds
  public static void main(String[] arguments) throws Exception {
    int missed = 1000 * (arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1000);
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    Path directory = Files.createTempDirectory("cut-off");
    System.out.println("members live in " + directory);
    List<Contestant> contestants = new ArrayList<>();
    try {
      for (ServerKind kind : List.of(ServerKind.KVORUM, ServerKind.ETCD)) {
        MemberGroup group = new MemberGroup(kind, 3, directory.resolve(kind.name()), List.of());
        contestants.add(new Contestant(kind, group));
        group.start(group.members());
        group.stop();
        group.save();
      }
      ArrivalReport report =
          new ArrivalReport(
              System.out,
              String.join(" ", "cutoff", String.join(" ", arguments)).strip(),
              "A member that stood still for %,d revisions, values of 256 B under %,d keys of 40 B."
                  .formatted(missed, KEYS));
      for (int round = 1; round <= rounds; round++) {
        for (Contestant contestant : contestants) {
          report.add(round, contestant.kind().name(), measure(contestant, missed));
        }
      }
      report.compareWith(ServerKind.ETCD.name());
      report.appendTo(Path.of(ArrivalReport.root(), "benchmarks/results/cluster.md"));
    } finally {
      contestants.forEach(contestant -> contestant.group().close());
    }
    Directories.delete(directory); // after a failure it tells why
  }

  /// From the same directories in every round.
  private static Arrival measure(Contestant contestant, int missed)
      throws IOException, InterruptedException {
    MemberGroup group = contestant.group();
    group.restore();
    group.start(group.members());
    GroupMember leader = group.leader();
    GroupMember still =
        group.members().stream().filter(member -> !member.equals(leader)).findFirst().orElseThrow();
    still.running().pause();
    new BulkWriter(contestant.kind().name(), leader.endpoint()).write(missed, KEYS, 1);
    Arrival arrival = Arrival.measure(group.leader(), still, () -> still.running().resume());
    group.stop();
    return arrival;
  }
}
