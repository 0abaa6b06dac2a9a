package io.kvorum.raft;

import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Work the core asks of its shell, drained after any number of inputs, in the order it must be
/// done. Draining again without new input yields [#NOTHING].
///
/// Messages that vouch for this member's disk (votes, append replies) are held inside the core
/// until storage has reported the command they rest on; whatever is in `messages` may leave at
/// once, in parallel with `persist` (raft.md A3, A4). A leader's appends are of that kind.
///
/// @param persist the next storage command; handing it over is enough, its completion is an input
/// @param install a snapshot that this member has accepted and recorded: the state machine takes it
///   over, whole, before anything in `committed`, and reports its index as applied
/// @param snapshotsWanted members that lag behind the log; answered with `Input.SnapshotReady` once
///   there is a snapshot, and asked again after a while if it is not (S1)
/// @param logReads to be read off the thread `raft`, from durable entries
/// @param committed entries to apply, in index order, each once in a boot, durable here (R12)
/// @param dropLogTo the log's prefix up to this index is not needed any more
/// @param roleChange the role, term or leader now in force, if one of them has changed
public record Ready(
    List<Envelope> messages,
    Optional<Persist> persist,
    Optional<SnapshotMarker> install,
    List<SnapshotWanted> snapshotsWanted,
    List<LogRead> logReads,
    List<Entry> committed,
    List<ReadVerdict> reads,
    List<RefusedProposal> refusals,
    OptionalLong dropLogTo,
    Optional<RoleChange> roleChange) {
  public static final Ready NOTHING =
      new Ready(
          List.of(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          OptionalLong.empty(),
          Optional.empty());

  public Ready {
    messages = List.copyOf(messages);
    snapshotsWanted = List.copyOf(snapshotsWanted);
    logReads = List.copyOf(logReads);
    committed = List.copyOf(committed);
    reads = List.copyOf(reads);
    refusals = List.copyOf(refusals);
  }

  public boolean isEmpty() {
    return messages.isEmpty()
        && persist.isEmpty()
        && install.isEmpty()
        && snapshotsWanted.isEmpty()
        && logReads.isEmpty()
        && committed.isEmpty()
        && reads.isEmpty()
        && refusals.isEmpty()
        && dropLogTo.isEmpty()
        && roleChange.isEmpty();
  }

  /// Entries that a follower needs and that are no longer in memory. Answered with
  /// `Input.LogReadDone`, always and in any order.
  ///
  /// @param term the leadership that asks
  /// @param maxBytes payload to stop at; at least one entry is read
  public record LogRead(
      MemberId follower, long term, long fromIndex, long toIndex, long maxBytes) {}

  /// A member needs entries that the log has dropped.
  ///
  /// @param minIndex a snapshot older than this does not connect to the log
  public record SnapshotWanted(MemberId peer, long term, long minIndex) {}

  /// The end of a read's wait for its index.
  public sealed interface ReadVerdict {
    long token();

    /// The read may run once `index` is applied.
    record Confirmed(long token, long index) implements ReadVerdict {}

    /// No index could be had; nothing was read.
    record Aborted(long token) implements ReadVerdict {}
  }

  public record RefusedProposal(long token, ProposalRefusal refusal) {}

  public record RoleChange(RoleKind role, long term, Optional<MemberId> leader) {}
}
