package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import java.util.List;
import java.util.Optional;

/// One command to the storage: one atomic batch in the log, one fsync (raft.md W4, A1).
///
/// Commands carry consecutive sequence numbers, are executed in order and complete in order.
/// Completion is reported by sequence, never by (term, index), so that an overwritten suffix cannot
/// be mistaken for its replacement (A2). The entries are contiguous; the index of the first one
/// implies that everything stored from there on is discarded (W5). A command with nothing but a new
/// commit index needs no fsync.
///
/// @param sequence counts from 1 in each boot
public record Persist(
    long sequence,
    Optional<HardState> hardState,
    List<Entry> entries,
    Optional<SnapshotMarker> snapshot) {
  public Persist {
    Invariant.check(sequence > 0, "storage command has the sequence %d", sequence);
    entries = List.copyOf(entries);
  }
}
