package io.kvorum.benchmarks;

import io.kvorum.benchmarks.ArrivalContest.Contestant;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.util.List;

/// How long a member that was down takes, from its restart until it serves reads at the revision of
/// its leader. Kvorum with its defaults, Kvorum with a log that is kept whole, and etcd, in turns;
/// before each round all members are put back to the same directories.
public final class CatchUp {
  private static final int KEYS = 100_000;

  private CatchUp() {}

  /// Measures, prints as it goes, and appends to the results.
  ///
  /// @param arguments missed revisions in thousands; rounds
  public static void main(String[] arguments) throws Exception {
    ArrivalContest contest = new ArrivalContest("catchup", arguments);
    int missed = contest.many();
    contest.add("Kvorum", ServerKind.KVORUM, List.of());
    contest.add(
        "Kvorum, whole log",
        ServerKind.KVORUM,
        List.of("--snapshot-catchup-entries=" + 2 * missed));
    contest.add("etcd", ServerKind.ETCD, List.of());
    contest.run(
        "A member that missed %,d revisions, values of 256 B under %,d keys of 40 B."
            .formatted(missed, KEYS),
        contestant -> fill(contestant, missed),
        CatchUp::measure);
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

  private static Arrival measure(Contestant contestant) throws IOException, InterruptedException {
    MemberGroup group = contestant.group();
    group.restore();
    GroupMember joiner = group.members().getLast();
    group.start(group.members().subList(0, 2));
    Arrival arrival = Arrival.measure(group.leader(), joiner, () -> group.startOnly(joiner));
    group.stop();
    return arrival;
  }
}
