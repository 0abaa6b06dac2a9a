package io.kvorum.raft.simulation;

import io.kvorum.raft.RaftCore;
import io.kvorum.raft.Ready.RoleChange;

/// What a process looked like when the witnesses last saw it.
final class Seen {
  RoleChange role;
  long commitIndex;

  /// The index the next applied entry must have.
  long nextToApply;

  /// The last entry handed out for applying.
  long handedOut;

  /// The first index of its own leadership, if it leads.
  long ledFrom;

  Seen(RaftCore core) {
    role = core.roleNow();
    commitIndex = core.commitIndex();
    nextToApply = core.appliedIndex() + 1;
    handedOut = core.appliedIndex();
  }
}
