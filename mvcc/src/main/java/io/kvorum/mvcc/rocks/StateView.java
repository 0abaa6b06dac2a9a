package io.kvorum.mvcc.rocks;

import org.jspecify.annotations.Nullable;

/// A consistent state of all families: a published one ([SnapshotView]), or the applier's, which is
/// the database plus everything not yet written of the current batch ([StateBatch], mvcc.md §4).
public interface StateView {
  /// The row's value, fresh and owned by the caller, or `null`.
  byte @Nullable [] get(Family family, byte[] key);

  /// The rows of `[from, end)`, where a `null` end is no bound.
  RowCursor scan(Family family, byte[] from, byte @Nullable [] end);
}
