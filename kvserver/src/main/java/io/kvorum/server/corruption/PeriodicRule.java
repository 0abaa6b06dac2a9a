package io.kvorum.server.corruption;

import io.kvorum.mvcc.HashResult;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.cluster.PeerAnswer;
import io.kvorum.server.cluster.PeerAnswer.Hashed;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;

/// What members' hashes mean to a leader that asks again and again (operations.md §5.9, the
/// periodic check). Pure.
///
/// The leader hashes its keys, asks the others for their hash at that revision, makes sure that it
/// has applied whatever they had, and hashes its keys again. So a healthy member is never ahead of
/// the second hash.
final class PeriodicRule {
  private PeriodicRule() {}

  /// The member that must be wrong, and why.
  record Suspect(MemberId member, Reason reason) {}

  /// In etcd's words.
  enum Reason {
    OWN_HASH_CHANGED("found hash mismatch"),
    REVISION_AHEAD("revision from follower must be less than or equal to leader's"),
    COMPACTION_AHEAD("compact revision from follower must be less than or equal to leader's"),
    OTHER_HASH("same compact revision then hashes must match");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /// The first suspect, if there is one.
  ///
  /// @param before the leader's hash, at the revision that the others were asked for
  /// @param after the leader's hash at its newest revision, later
  static Optional<Suspect> judge(
      MemberId leader,
      Hashed before,
      Hashed after,
      NavigableMap<MemberId, Optional<PeerAnswer.Hash>> said) {
    if (isSameState(before.of(), after.of()) && before.of().hash() != after.of().hash()) {
      return Optional.of(new Suspect(leader, Reason.OWN_HASH_CHANGED));
    }
    for (Map.Entry<MemberId, Optional<PeerAnswer.Hash>> peer : said.entrySet()) {
      Optional<Reason> reason = peer.getValue().flatMap(answer -> judge(before, after, answer));
      if (reason.isPresent()) {
        return Optional.of(new Suspect(peer.getKey(), reason.get()));
      }
    }
    return Optional.empty();
  }

  private static boolean isSameState(HashResult one, HashResult other) {
    return one.revision() == other.revision() && one.compactRevision() == other.compactRevision();
  }

  private static Optional<Reason> judge(Hashed before, Hashed after, PeerAnswer.Hash answer) {
    return switch (answer) {
      case Hashed(var theirs, var head) -> {
        if (head > after.head()) {
          yield Optional.of(Reason.REVISION_AHEAD);
        }
        if (theirs.compactRevision() > after.of().compactRevision()) {
          yield Optional.of(Reason.COMPACTION_AHEAD);
        }
        yield theirs.compactRevision() == before.of().compactRevision()
                && theirs.hash() != before.of().hash()
            ? Optional.of(Reason.OTHER_HASH)
            : Optional.empty();
      }
      case PeerAnswer.CompactedRevision(var compacted) ->
          compacted > after.of().compactRevision()
              ? Optional.of(Reason.COMPACTION_AHEAD)
              : Optional.empty();
      case PeerAnswer.FutureRevision _ -> Optional.empty();
    };
  }
}
