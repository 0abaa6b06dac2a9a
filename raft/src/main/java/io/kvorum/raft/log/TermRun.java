package io.kvorum.raft.log;

import io.kvorum.raft.EntryId;

/// A stretch of the log written in one term: all entries from `first` up to the next run.
public record TermRun(EntryId first) {
  public long firstIndex() {
    return first.index();
  }

  public long term() {
    return first.term();
  }
}
