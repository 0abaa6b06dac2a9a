package io.kvorum.mvcc.watch;

import io.kvorum.mvcc.ChangeSet;
import java.util.List;

/// The part of the store that late watchers read. Any thread.
interface History {

  /// The newest readable revision.
  long head();

  /// Reads whole revisions from `from` on, at least one, bounded by about `maxEvents` and
  /// `maxBytes`. `from` is at most [#head()].
  Slice read(long from, int maxEvents, long maxBytes);

  /// What a read finds.
  sealed interface Slice {
    /// Consecutive revisions, the first one as asked for.
    record Read(List<ChangeSet> changes) implements Slice {}

    /// The revision asked for is gone.
    record Compacted(long compactedRevision) implements Slice {}
  }
}
