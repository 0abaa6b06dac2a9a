package io.kvorum.server.apply;

import java.util.OptionalLong;

/// When history is compacted by itself, and up to where (operations.md §5.8). Pure: time and the
/// store's revision are arguments.
///
/// Used by one thread.
public sealed interface CompactionSchedule permits PeriodicSchedule, RevisionSchedule {
  /// The revision to compact at now, if one is due. Called on every member, so that a new leader
  /// knows the past; only a leader acts on it.
  OptionalLong due(long nowNanos, long head);

  /// The compaction at `revision` is done. One that failed is due again at the next look.
  void succeeded(long revision, long nowNanos);

  /// The word etcd's log lines have for the mode.
  String mode();
}
