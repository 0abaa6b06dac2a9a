package io.kvorum.benchmarks;

import io.kvorum.benchmarks.ArrivalContest.Contestant;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.util.List;

/// How long a new member with an empty directory takes, from its start until it serves reads at the
/// revision of its leader, whose log no longer begins at the first entry: so it gets a snapshot.
/// Kvorum and etcd in turns, three members before, each group started anew after it was filled.
public final class Newcomer {
  private static final int PUTS_PER_TXN = 32;

  /// etcd keeps far more of the log by default, and would send all of it.
  private static final List<String> ETCD_FLAGS = List.of("--snapshot-count=10000");

  private Newcomer() {}

  /// Measures, prints as it goes, and appends to the results.
  ///
  /// @param arguments keys in thousands; rounds
  public static void main(String[] arguments) throws Exception {
    ArrivalContest contest = new ArrivalContest("newcomer", arguments);
    contest.add("Kvorum", ServerKind.KVORUM, List.of());
    contest.add("etcd", ServerKind.ETCD, ETCD_FLAGS);
    int keys = contest.many();
    contest.run(
        "A new member, %,d keys of 40 B with values of 256 B.".formatted(keys),
        contestant -> fill(contestant, keys),
        Newcomer::measure);
  }

  private static void fill(Contestant contestant, int keys)
      throws IOException, InterruptedException {
    MemberGroup group = contestant.group();
    group.start(group.members());
    new BulkWriter(contestant.name(), group.leader().endpoint()).write(keys, keys, PUTS_PER_TXN);
    group.stop();
  }

  private static Arrival measure(Contestant contestant) throws IOException, InterruptedException {
    MemberGroup group = contestant.group();
    group.start(group.members());
    MemberGroup.Newcomer newcomer = group.add();
    Arrival arrival =
        Arrival.measure(group.leader(), newcomer.member(), () -> group.start(newcomer));
    group.remove(newcomer);
    group.stop();
    return arrival;
  }
}
