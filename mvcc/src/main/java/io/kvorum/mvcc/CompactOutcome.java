package io.kvorum.mvcc;

/// What became of a compaction command; every member computes the same.
public sealed interface CompactOutcome {
  /// History below the revision may vanish from now on.
  record Done() implements CompactOutcome {}

  /// Refused: the revision is at or below the compacted one.
  record Compacted(long compacted) implements CompactOutcome {}

  /// Refused: the revision does not exist yet.
  record Future(long head) implements CompactOutcome {}
}
