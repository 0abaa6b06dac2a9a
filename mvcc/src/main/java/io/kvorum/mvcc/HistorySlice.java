package io.kvorum.mvcc;

import java.util.List;

/// Consecutive revisions read from history, each whole and none left out.
///
/// @param nextRevision the first revision not read; where the next slice starts
public record HistorySlice(List<ChangeSet> changes, long nextRevision) {
  public HistorySlice {
    changes = List.copyOf(changes);
  }
}
