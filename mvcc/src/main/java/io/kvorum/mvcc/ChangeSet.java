package io.kvorum.mvcc;

import java.util.List;

/// All changes of one main revision in sub order.
public record ChangeSet(long revision, List<Change> changes) {
  public ChangeSet {
    changes = List.copyOf(changes);
  }
}
