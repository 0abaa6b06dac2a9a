package io.kvorum.raft.log;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.HardState;
import io.kvorum.raft.SnapshotMarker;
import java.util.List;
import java.util.Optional;

/// What a log says after recovery, apart from its entries, which are read on demand.
///
/// @param hardState the newest one; its commit index is already raised to what is known to be
///   committed (RC2, RC4)
/// @param marker the newest marker at or below what the state store has applied
/// @param previous the id right before the first entry that can be read
/// @param last the newest entry; `previous` if there is none
/// @param terms the terms of all entries after `previous`, in index order
/// @param committedConfiguration the index of the newest configuration entry known to be committed;
///   0 if there is none in the log
/// @param bootEpoch counts the openings of this log, this one included; already durable (RC7)
public record RecoveredLog(
    HardState hardState,
    Optional<SnapshotMarker> marker,
    EntryId previous,
    EntryId last,
    List<TermRun> terms,
    long committedConfiguration,
    long bootEpoch) {
  public RecoveredLog {
    terms = List.copyOf(terms);
  }

  public long firstIndex() {
    return previous.index() + 1;
  }

  public long lastIndex() {
    return last.index();
  }
}
