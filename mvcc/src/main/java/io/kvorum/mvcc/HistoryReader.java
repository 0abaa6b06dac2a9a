package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.mvcc.rocks.HistoryEntry;
import io.kvorum.mvcc.rocks.HistoryScan;
import io.kvorum.mvcc.rocks.HistoryTable;
import io.kvorum.mvcc.rocks.StateView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Turns rows of history into the events that watchers see (mvcc.md §6). A gap between rows throws
/// [io.kvorum.mvcc.rocks.HistoryGap] and is never passed over.
final class HistoryReader {
  /// Previous pairs of one revision beyond which they are left out of its events, as those of
  /// compacted ones are: a revision that deletes everything must not take memory for everything.
  static final long MAX_PREVIOUS_BYTES = 64L << 20;

  private final HistoryTable history;
  private final long head;

  HistoryReader(StateView view, long head) {
    this.history = new HistoryTable(view);
    this.head = head;
  }

  /// Whole revisions from `fromRevision` on until a bound is reached, at least one if there is one.
  HistorySlice slice(long fromRevision, int maxRows, long maxBytes) {
    List<ChangeSet> sets = new ArrayList<>();
    RevisionChanges current = new RevisionChanges();
    long revision = fromRevision;
    long rows = 0;
    long bytes = 0;
    try (HistoryScan scan = history.scan(fromRevision, head)) {
      for (HistoryEntry entry = scan.next(); entry != null; entry = scan.next()) {
        if (entry.main() != revision) {
          current.endInto(sets, revision);
          revision = entry.main();
          if (!sets.isEmpty() && (rows >= maxRows || bytes >= maxBytes)) {
            return new HistorySlice(sets, revision);
          }
        }
        current.add(entry);
        rows++;
        bytes += HistoryEntry.cost(entry.key(), entry.next(), entry.old());
      }
    }
    current.endInto(sets, revision);
    return new HistorySlice(sets, Math.max(fromRevision, head + 1));
  }

  /// The changes of one revision after the other.
  private final class RevisionChanges {
    private List<Change> changes = new ArrayList<>();
    private long previousBytes;

    void add(HistoryEntry entry) {
      if (previousBytes > MAX_PREVIOUS_BYTES) {
        changes.add(changeOf(entry, Optional.empty()));
        return;
      }
      ByteString key = UnsafeByteOperations.unsafeWrap(entry.key());
      Optional<KeyValue> previous = PreviousPair.of(history, key, entry.next(), entry.old());
      changes.add(changeOf(entry, previous));
      previousBytes += previous.map(pair -> (long) pair.value().size()).orElse(0L);
      if (previousBytes > MAX_PREVIOUS_BYTES) {
        changes.replaceAll(
            change -> new Change(change.kind(), change.keyValue(), Optional.empty()));
      }
    }

    void endInto(List<ChangeSet> sets, long revision) {
      if (!changes.isEmpty()) {
        sets.add(new ChangeSet(revision, changes));
        changes = new ArrayList<>();
        previousBytes = 0;
      }
    }
  }

  private static Change changeOf(HistoryEntry entry, Optional<KeyValue> previous) {
    ByteString key = UnsafeByteOperations.unsafeWrap(entry.key());
    return entry.next().isLive()
        ? new Change(Change.Kind.PUT, KeyValue.of(key, entry.next()), previous)
        : new Change(Change.Kind.DELETE, KeyValue.deleted(key, entry.main()), previous);
  }
}
