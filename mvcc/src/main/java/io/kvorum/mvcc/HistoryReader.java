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
  private final HistoryTable history;
  private final long head;

  HistoryReader(StateView view, long head) {
    this.history = new HistoryTable(view);
    this.head = head;
  }

  /// Whole revisions from `fromRevision` on until a bound is reached, at least one if there is one.
  HistorySlice slice(long fromRevision, int maxRows, long maxBytes) {
    List<ChangeSet> sets = new ArrayList<>();
    List<Change> current = new ArrayList<>();
    long revision = fromRevision;
    long rows = 0;
    long bytes = 0;
    try (HistoryScan scan = history.scan(fromRevision, head)) {
      for (HistoryEntry entry = scan.next(); entry != null; entry = scan.next()) {
        if (entry.main() != revision) {
          if (!current.isEmpty()) {
            sets.add(new ChangeSet(revision, current));
            current = new ArrayList<>();
          }
          revision = entry.main();
          if (!sets.isEmpty() && (rows >= maxRows || bytes >= maxBytes)) {
            return new HistorySlice(sets, revision);
          }
        }
        current.add(changeOf(entry));
        rows++;
        bytes += HistoryEntry.cost(entry.key(), entry.next(), entry.old());
      }
    }
    if (!current.isEmpty()) {
      sets.add(new ChangeSet(revision, current));
    }
    return new HistorySlice(sets, Math.max(fromRevision, head + 1));
  }

  private Change changeOf(HistoryEntry entry) {
    ByteString key = UnsafeByteOperations.unsafeWrap(entry.key());
    Optional<KeyValue> previous = PreviousPair.of(history, key, entry.next(), entry.old());
    return entry.next().isLive()
        ? new Change(Change.Kind.PUT, KeyValue.of(key, entry.next()), previous)
        : new Change(Change.Kind.DELETE, KeyValue.deleted(key, entry.main()), previous);
  }
}
