package io.kvorum.server.corruption;

import io.kvorum.mvcc.HashResult;
import io.kvorum.server.cluster.PeerAnswer;
import java.util.Optional;

/// What a peer's answer means to a member that is about to serve (operations.md §5.9, the initial
/// check). Pure.
enum StartRule {
  /// The same data.
  SAME("same hash values as remote peer", false),
  /// Other data under the same conditions.
  OTHER_HASH("found different hash values from remote peer", true),
  /// A compaction is under way, or was missed.
  OTHER_COMPACTION("found different compact revision values from remote peer", false),
  /// The peer does not have the revision yet.
  PEER_BEHIND("cannot fetch hash from slow remote peer", false),
  /// The peer does not have the revision any more.
  MEMBER_BEHIND("cannot fetch hash from remote peer; local member is behind", false),
  /// Not connected, of another cluster or an earlier version, or too slow.
  NO_ANSWER("cannot fetch hash from remote peer", false);

  private final String text;
  private final boolean inconsistent;

  StartRule(String text, boolean inconsistent) {
    this.text = text;
    this.inconsistent = inconsistent;
  }

  static StartRule judge(HashResult own, Optional<PeerAnswer.Hash> said) {
    if (said.isEmpty()) {
      return NO_ANSWER;
    }
    return switch (said.get()) {
      case PeerAnswer.Hashed(var theirs, _) -> {
        if (theirs.hash() == own.hash()) {
          yield SAME;
        }
        yield theirs.compactRevision() == own.compactRevision() ? OTHER_HASH : OTHER_COMPACTION;
      }
      case PeerAnswer.FutureRevision _ -> PEER_BEHIND;
      case PeerAnswer.CompactedRevision _ -> MEMBER_BEHIND;
    };
  }

  /// For the log.
  String text() {
    return text;
  }

  /// Whether the member must not serve.
  boolean isInconsistent() {
    return inconsistent;
  }
}
