package io.kvorum.raft.log;

import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import java.util.ArrayList;
import java.util.List;

/// The log as a naive list: what must be found after the commands that made it. A value.
///
/// @param previous the id before the first entry
record ModelLog(HardState hardState, SnapshotMarker marker, EntryId previous, List<Entry> entries) {
  ModelLog {
    entries = List.copyOf(entries);
  }

  static ModelLog founded() {
    return new ModelLog(
        new HardState(new io.kvorum.raft.Ballot(1, java.util.Optional.empty()), 1),
        LogFixture.FOUNDING,
        LogFixture.FOUNDING.id(),
        List.of());
  }

  ModelLog after(Persist command) {
    ModelLog next = this;
    if (command.snapshot().isPresent()) {
      next = next.marked(command.snapshot().get());
    }
    for (Entry entry : command.entries()) {
      next = next.with(entry);
    }
    return new ModelLog(
        command.hardState().orElse(next.hardState), next.marker, next.previous, next.entries);
  }

  EntryId last() {
    return entries.isEmpty() ? previous : entries.getLast().id();
  }

  long lastIndex() {
    return last().index();
  }

  /// The id at an index from `previous` to the last entry.
  EntryId idAt(long index) {
    return index == previous.index() ? previous : entries.get(position(index)).id();
  }

  /// The entries from `index` on.
  List<Entry> from(long index) {
    return entries.subList(position(index), entries.size());
  }

  private int position(long index) {
    return (int) (index - previous.index() - 1);
  }

  private ModelLog with(Entry entry) {
    List<Entry> kept = new ArrayList<>(entries.subList(0, position(entry.index())));
    kept.add(entry);
    return new ModelLog(hardState, marker, previous, kept);
  }

  private ModelLog marked(SnapshotMarker next) {
    long index = next.id().index();
    boolean holds =
        index >= previous.index() && index <= lastIndex() && idAt(index).equals(next.id());
    return holds
        ? new ModelLog(hardState, next, previous, entries)
        : new ModelLog(hardState, next, next.id(), List.of());
  }
}
