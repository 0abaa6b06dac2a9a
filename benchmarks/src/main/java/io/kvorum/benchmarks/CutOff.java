package io.kvorum.benchmarks;

import io.kvorum.benchmarks.ArrivalContest.Contestant;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.util.List;

/// How long a member takes that stood still (SIGSTOP) while the others were written to, from the
/// moment it goes on until it serves reads at the revision of its leader. As [CatchUp], but without
/// the start of a process. Kvorum and etcd in turns, both with their defaults.
public final class CutOff {
  private static final int KEYS = 100_000;

  private CutOff() {}

  /// Measures, prints as it goes, and appends to the results.
  ///
  /// @param arguments missed revisions in thousands; rounds
  public static void main(String[] arguments) throws Exception {
    ArrivalContest contest = new ArrivalContest("cutoff", arguments);
    contest.add("Kvorum", ServerKind.KVORUM, List.of());
    contest.add("etcd", ServerKind.ETCD, List.of());
    int missed = contest.many();
    contest.run(
        "A member that stood still for %,d revisions, values of 256 B under %,d keys of 40 B."
            .formatted(missed, KEYS),
        CutOff::found,
        contestant -> measure(contestant, missed));
  }

  private static void found(Contestant contestant) throws IOException, InterruptedException {
    MemberGroup group = contestant.group();
    group.start(group.members());
    group.stop();
    group.save();
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
    new BulkWriter(contestant.name(), leader.endpoint()).write(missed, KEYS, 1);
    Arrival arrival = Arrival.measure(group.leader(), still, () -> still.running().resume());
    group.stop();
    return arrival;
  }
}
