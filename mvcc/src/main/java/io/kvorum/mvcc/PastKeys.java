package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.HistoryEntry;
import io.kvorum.mvcc.rocks.HistoryScan;
import io.kvorum.mvcc.rocks.HistoryTable;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The keys of a view as they were before a change. Every method may throw
/// [io.kvorum.mvcc.rocks.HistoryGap] once a compaction has passed it.
///
/// @param head the newest keys of the same view
/// @param end the first change that is not seen; the end of revision R for a read at R
/// @param reached where the view's own history ends: the first revision it does not hold
/// @param newestDelete main revision of the view's newest delete
record PastKeys(HeadKeys head, Revision end, Revision reached, long newestDelete)
    implements KeySpace {

  @Override
  public Optional<StoredRecord> get(byte[] key) {
    StoredRecord newest = newest(key);
    if (newest == null) {
      return Optional.empty();
    }
    return Optional.ofNullable(versions().at(key, newest, end));
  }

  private @Nullable StoredRecord newest(byte[] key) {
    byte[] value = head.view().get(Family.LATEST, key);
    if (value == null && end.main() <= newestDelete) {
      value = head.view().get(Family.DELETED, key);
    }
    return value == null ? null : StoredRecord.parse(value);
  }

  private HistoryTable history() {
    return new HistoryTable(head.view());
  }

  private Versions versions() {
    return new Versions(history());
  }

  @Override
  public LiveRows rows(KeyRange range) {
    return new PastRows(head.view(), versions(), range, end, newestDelete);
  }

  /// Undoes the net creates since, or asks each key whether it was alive, whichever scans fewer
  /// rows (mvcc.md §5).
  @Override
  public long count(KeyRange range) {
    long countAtHead = head.count(range);
    if (reached.main() - end.main() < countAtHead) {
      return countAtHead - netCreatesSince(range);
    }
    try (LiveRows rows = rows(range)) {
      return rows.countRest();
    }
  }

  private long netCreatesSince(KeyRange range) {
    byte[] from = range.startBytes();
    byte[] to = range.endBytes();
    long creates = 0;
    try (HistoryScan scan = history().scanUpTo(end.main(), reached.main(), reached.sub())) {
      for (HistoryEntry entry = scan.next(); entry != null; entry = scan.next()) {
        if (end.isAtOrBefore(entry.main(), entry.sub())
            && KeyRange.contains(from, to, entry.key())) {
          StoredRecord old = entry.old();
          creates += entry.next().isLive() ? 1 : 0;
          creates -= old != null && old.isLive() ? 1 : 0;
        }
      }
    }
    return creates;
  }
}
