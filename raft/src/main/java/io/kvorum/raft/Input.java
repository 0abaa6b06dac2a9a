package io.kvorum.raft;

import com.google.protobuf.ByteString;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.List;

/// Everything that can happen to a member. Tokens are chosen by the shell, never repeat within a
/// boot, and name the proposal or read in the verdict.
public sealed interface Input {
  /// One period of the logical clock has passed.
  record Tick() implements Input {}

  record Received(Envelope envelope) implements Input {}

  /// Asks for a command to be appended. No verdict follows an accepted proposal: it is known by its
  /// payload when it is committed, or its fate stays unknown (raft.md B4).
  record Propose(long token, ByteString payload) implements Input {}

  /// Asks for a membership change; `payload` is its encoding for the entry.
  record ProposeChange(long token, ConfigChange change, ByteString payload) implements Input {}

  /// Asks for the index that a linearizable read starting now must have applied.
  record ReadIndex(long token) implements Input {}

  /// Every storage command up to `sequence` is durable.
  record Persisted(long sequence) implements Input {}

  /// The state machine has taken effect of every entry up to `index`.
  record Applied(long index) implements Input {}

  /// The configuration entry at `index` has been applied, or neutralised, and `configuration` is in
  /// force. Comes before [Applied] reaches that index (M2).
  record ConfigurationApplied(long index, Configuration configuration) implements Input {}

  /// The state machine's files hold the effect of every entry up to `index`: the log's prefix may
  /// be dropped as far as the tail allows (S10).
  record StateDurable(long index) implements Input {}

  /// Asks for `target` to lead. A refusal follows if it cannot; otherwise the change of the role
  /// shows the success, and its absence for an election timeout the failure (L4).
  record TransferLeadership(long token, MemberId target) implements Input {}

  /// Answers `Ready.snapshotsWanted`: a snapshot is at hand and may be streamed to `peer`.
  record SnapshotReady(MemberId peer, long term, SnapshotMarker marker) implements Input {}

  /// The stream of the snapshot at `index` to `peer` has ended.
  record SnapshotSent(MemberId peer, long index, Delivery delivery) implements Input {
    /// How the stream ended.
    public enum Delivery {
      DELIVERED,
      FAILED
    }
  }

  /// The connection to a peer broke; what was sent to it may be lost.
  record PeerUnreachable(MemberId peer) implements Input {}

  /// The process of a peer has ended: its connection broke, and nothing listens where it was. May
  /// be mistaken, at the price of a round of pre-votes.
  record PeerGone(MemberId peer) implements Input {}

  /// A log read is done. No entries: they were dropped meanwhile.
  record LogReadDone(Ready.LogRead read, List<Entry> entries) implements Input {
    public LogReadDone {
      entries = List.copyOf(entries);
    }
  }

  /// The member stops on purpose: a leader resigns, and reads are aborted. Nothing but completed
  /// writes may follow.
  record Stop() implements Input {}
}
