package io.kvorum.mvcc;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.HistoryEntry;
import io.kvorum.mvcc.rocks.HistoryTable;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Older versions of a key, reached from its newest record by hops along its chain (mvcc.md §3,
/// §5).
///
/// An entry is read only if it is not before the end of what is asked for (K4). So a read at R ≥ C
/// needs nothing that compaction may have taken, and a key unchanged since R needs no history at
/// all. A missing entry throws [io.kvorum.mvcc.rocks.HistoryGap].
final class Versions {
  private final HistoryTable history;

  Versions(HistoryTable history) {
    this.history = history;
  }

  /// The live record of `key` before the change `end`, or `null` if the key was not alive then.
  @Nullable StoredRecord at(byte[] key, StoredRecord newest, Revision end) {
    StoredRecord record = newest;
    Hops hops = new Hops(newest.ordinal());
    while (isChanged(record, end)) {
      int level = record.farthest(end.main(), end.sub());
      StoredRecord older = hop(key, record.targetMain(level), record.targetSub(level), end).old();
      if (older == null) {
        return null;
      }
      hops.count(record, older, end);
      record = older;
    }
    return record.isLive() ? record : null;
  }

  /// Whether `key` was alive before the change `end`: jumps over whole generations.
  boolean isAliveAt(byte[] key, StoredRecord newest, Revision end) {
    StoredRecord record = newest;
    Hops hops = new Hops(newest.ordinal());
    while (isChanged(record, end)) {
      if (!end.isAtOrBefore(record.createMain(), record.createSub())) {
        return true;
      }
      StoredRecord older = beforeCreation(key, record, end).old();
      if (older == null) {
        return false;
      }
      hops.count(record, older, end);
      record = older;
    }
    return record.isLive();
  }

  private static boolean isChanged(StoredRecord record, Revision end) {
    return end.isAtOrBefore(record.modMain(), record.modSub());
  }

  /// The entry of the earlier of the record's creation and its farthest usable pointer; both are
  /// not before `end`.
  private HistoryEntry beforeCreation(byte[] key, StoredRecord record, Revision end) {
    int level = record.farthest(end.main(), end.sub());
    long main = record.targetMain(level);
    int sub = record.targetSub(level);
    if (record.createMain() < main || (record.createMain() == main && record.createSub() < sub)) {
      return hop(key, record.createMain(), record.createSub(), end);
    }
    return hop(key, main, sub, end);
  }

  private HistoryEntry hop(byte[] key, long main, int sub, Revision end) {
    Invariant.check(end.isAtOrBefore(main, sub), "hop to %d.%d, before %s", main, sub, end);
    HistoryEntry entry = history.entry(main, sub);
    Invariant.check(Arrays.equals(entry.key(), key), "entry %d.%d is of another key", main, sub);
    return entry;
  }

  /// Proof that a walk ends: ordinals fall on every hop that continues, within the bound of K5.
  private static final class Hops {
    private final int bound;
    private int taken;

    Hops(long newestOrdinal) {
      int levels = (Long.SIZE - 1 - Long.numberOfLeadingZeros(newestOrdinal)) / 3;
      this.bound = 8 * (1 + levels) + levels;
    }

    void count(StoredRecord from, StoredRecord to, Revision end) {
      taken++;
      Invariant.check(taken <= bound, "more than %d hops", bound);
      Invariant.check(
          !isChanged(to, end) || to.ordinal() < from.ordinal(),
          "ordinal %d after %d",
          to.ordinal(),
          from.ordinal());
    }
  }
}
