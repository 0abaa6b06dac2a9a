package io.kvorum.mvcc;

import java.util.ArrayList;
import java.util.List;

/// Keeps the changes of a batch for its watchers, as long as memory allows: a revision beyond that
/// is left out, and who watches it reads it from history.
final class ChangeCollector {
  /// No more than watchers could be served from memory anyway.
  static final long MAX_BYTES = 16L << 20;

  /// Objects around the bytes of one change.
  private static final long CHANGE_OVERHEAD_BYTES = 250;

  private final List<ChangeSet> sets = new ArrayList<>();
  private List<Change> current = new ArrayList<>();
  private long keptBytes;
  private long currentBytes;

  /// The next change of the current revision.
  void add(Change change) {
    currentBytes += bytesOf(change);
    if (fits()) {
      current.add(change);
    } else {
      current = new ArrayList<>();
    }
  }

  /// Ends the current revision.
  void endRevision(long revision) {
    if (fits()) {
      sets.add(new ChangeSet(revision, current));
      keptBytes += currentBytes;
    }
    current = new ArrayList<>();
    currentBytes = 0;
  }

  private boolean fits() {
    return keptBytes + currentBytes <= MAX_BYTES;
  }

  /// In revision order; those that were too large are missing.
  List<ChangeSet> sets() {
    return List.copyOf(sets);
  }

  private static long bytesOf(Change change) {
    return CHANGE_OVERHEAD_BYTES
        + bytesOf(change.keyValue())
        + change.previous().map(ChangeCollector::bytesOf).orElse(0L);
  }

  private static long bytesOf(KeyValue pair) {
    return (long) pair.key().size() + pair.value().size();
  }
}
