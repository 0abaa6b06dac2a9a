package io.kvorum.server.corruption;

import io.kvorum.mvcc.HashResult;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.cluster.PeerAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// What members' hashes at one compaction mean (operations.md §5.9, the compact-hash check): the
/// minority is wrong. Pure.
final class CompactionRule {
  private CompactionRule() {}

  /// What is known then.
  sealed interface Verdict {
    /// All members have the same data.
    record Same() implements Verdict {}

    /// The members that could be asked have; an earlier compaction may tell more.
    record Incomplete() implements Verdict {}

    /// These differ from the majority.
    record Minority(List<MemberId> members) implements Verdict {
      public Minority {
        members = List.copyOf(members);
      }
    }

    /// Data differs, and there is no majority to tell which is right.
    record NoMajority() implements Verdict {}
  }

  /// @param own the leader's hash at the compaction
  /// @param said by each of the other members
  static Verdict judge(
      MemberId leader, HashResult own, NavigableMap<MemberId, Optional<PeerAnswer.Hash>> said) {
    NavigableMap<Integer, List<MemberId>> byHash = new TreeMap<>();
    byHash.computeIfAbsent(own.hash(), _ -> new ArrayList<>()).add(leader);
    for (Map.Entry<MemberId, Optional<PeerAnswer.Hash>> peer : said.entrySet()) {
      if (peer.getValue().orElse(null) instanceof PeerAnswer.Hashed(HashResult theirs, _)
          && theirs.compactRevision() == own.compactRevision()) {
        byHash.computeIfAbsent(theirs.hash(), _ -> new ArrayList<>()).add(peer.getKey());
      }
    }
    int members = said.size() + 1;
    if (byHash.size() == 1) {
      return byHash.firstEntry().getValue().size() == members
          ? new Verdict.Same()
          : new Verdict.Incomplete();
    }
    Optional<List<MemberId>> majority =
        byHash.values().stream().filter(same -> same.size() > members / 2).findFirst();
    return majority
        .<Verdict>map(right -> new Verdict.Minority(others(byHash, right)))
        .orElse(new Verdict.NoMajority());
  }

  private static List<MemberId> others(
      NavigableMap<Integer, List<MemberId>> byHash, List<MemberId> majority) {
    return byHash.values().stream()
        .filter(same -> !same.equals(majority))
        .flatMap(List::stream)
        .sorted()
        .toList();
  }
}
