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
/// An entry is read only if it is later than the revision asked for (K4). So a read at R ≥ C needs
/// nothing that compaction may have taken, and a key unchanged since R needs no history at all. A
/// missing entry throws [io.kvorum.mvcc.rocks.HistoryGap].
final class Versions {
  private final HistoryTable history;

  Versions(HistoryTable history) {
    this.history = history;
  }

  /// The live record of `key` at `revision`, or `null` if the key was not alive then.
  @Nullable StoredRecord at(byte[] key, StoredRecord newest, long revision) {
    StoredRecord record = newest;
    Hops hops = new Hops(newest.ordinal());
    while (record.modMain() > revision) {
      int level = record.farthest(revision);
      StoredRecord older =
          hop(key, record.targetMain(level), record.targetSub(level), revision).old();
      if (older == null) {
        return null;
      }
      hops.count(record, older, revision);
      record = older;
    }
    return record.isLive() ? record : null;
  }

  /// Whether `key` was alive at `revision`: jumps over whole generations.
  boolean isAliveAt(byte[] key, StoredRecord newest, long revision) {
    StoredRecord record = newest;
    Hops hops = new Hops(newest.ordinal());
    while (record.modMain() > revision) {
      if (record.createMain() <= revision) {
        return true;
      }
      StoredRecord older = beforeCreation(key, record, revision).old();
      if (older == null) {
        return false;
      }
      hops.count(record, older, revision);
      record = older;
    }
    return record.isLive();
  }

  /// The entry of the earlier of the record's creation and its farthest usable pointer; both are
  /// later than `revision`.
  private HistoryEntry beforeCreation(byte[] key, StoredRecord record, long revision) {
    int level = record.farthest(revision);
    long main = record.targetMain(level);
    int sub = record.targetSub(level);
    if (record.createMain() < main || (record.createMain() == main && record.createSub() < sub)) {
      return hop(key, record.createMain(), record.createSub(), revision);
    }
    return hop(key, main, sub, revision);
  }

  private HistoryEntry hop(byte[] key, long main, int sub, long revision) {
    Invariant.check(main > revision, "hop to %d for a read at %d", main, revision);
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

    void count(StoredRecord from, StoredRecord to, long revision) {
      taken++;
      Invariant.check(taken <= bound, "more than %d hops", bound);
      Invariant.check(
          to.modMain() <= revision || to.ordinal() < from.ordinal(),
          "ordinal %d after %d",
          to.ordinal(),
          from.ordinal());
    }
  }
}
