package io.kvorum.raft.node;

import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.StartRefused;
import io.kvorum.raft.StartState;
import io.kvorum.raft.log.LogStore;
import io.kvorum.raft.log.RecoveredLog;
import io.kvorum.raft.log.TermRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Joins what the log and the state store have found on the disk into what the core starts from.
public final class Recovered {
  /// Payload read at a time while the entries that are not applied yet are loaded.
  private static final long CHUNK_BYTES = 4L << 20;

  private Recovered() {}

  /// What the core starts from; everything that is not applied yet is read into memory.
  ///
  /// @throws StartRefused if the log cannot be read
  public static StartState startState(LogStore log, RecoveredLog recovered, AppliedState state) {
    long appliedIndex = state.applied().index();
    List<EntryId> runStarts =
        recovered.terms().stream()
            .map(TermRun::first)
            .filter(first -> first.index() <= appliedIndex)
            .toList();
    List<Entry> unapplied = new ArrayList<>();
    try {
      long next = Math.max(appliedIndex, recovered.previous().index()) + 1;
      while (next <= recovered.lastIndex()) {
        unapplied.addAll(log.read(next, recovered.lastIndex() + 1, CHUNK_BYTES));
        next = unapplied.getLast().index() + 1;
      }
    } catch (IOException e) {
      throw new StartRefused("the log cannot be read", e);
    }
    return new StartState(
        recovered.hardState(),
        recovered.previous(),
        runStarts,
        recovered.last(),
        state.applied(),
        unapplied,
        state.configuration());
  }
}
