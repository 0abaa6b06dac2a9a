package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.NewestRecords.Newest;
import io.kvorum.mvcc.rocks.BlockLedger;
import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.HistoryEntry;
import io.kvorum.mvcc.rocks.HistoryTable;
import io.kvorum.mvcc.rocks.KeyLayout;
import io.kvorum.mvcc.rocks.LeaseTable;
import io.kvorum.mvcc.rocks.RecordEncoder;
import io.kvorum.mvcc.rocks.StateBatch;
import io.kvorum.mvcc.rocks.StoredRecord;
import org.jspecify.annotations.Nullable;

/// Carries out single puts and deletes: every row and counter that one change of one key touches
/// (mvcc.md §4). Owned by the thread `apply`.
final class KeyChanges {
  private final StateBatch rows;
  private final BlockLedger blocks;
  private final NewestRecords newest;
  private final RecordHash hash;
  private final Totals totals;
  private final HistoryTable history;

  KeyChanges(
      StateBatch rows, BlockLedger blocks, NewestRecords newest, RecordHash hash, Totals totals) {
    this.rows = rows;
    this.blocks = blocks;
    this.newest = newest;
    this.hash = hash;
    this.totals = totals;
    this.history = new HistoryTable(rows);
  }

  /// One change and the live record it replaced.
  record Outcome(Change change, @Nullable StoredRecord replaced) {}

  /// Puts a key at revision `at`.
  Outcome put(ByteString userKey, ByteString value, long lease, Revision at) {
    byte[] key = userKey.toByteArray();
    ByteString sharedKey = UnsafeByteOperations.unsafeWrap(key);
    Newest before = newest.of(sharedKey, key);
    StoredRecord live = before.live();
    StoredRecord predecessor = predecessor(before.record());
    StoredRecord next =
        RecordEncoder.at(at.main(), at.sub(), totals.compacted)
            .put(predecessor, value.toByteArray(), lease);

    appendHistory(key, next, predecessor);
    rows.put(Family.LATEST, key, next.bytes());
    if (live == null) {
      if (before.record() != null) {
        rows.remove(Family.DELETED, key);
      }
      totals.liveKeys++;
      totals.liveBytes += liveCost(key, next);
      blocks.created(key);
    } else {
      totals.liveBytes += next.valueSize() - live.valueSize();
    }
    moveAttachment(key, live == null ? 0 : live.lease(), lease);
    noteNewest(sharedKey, key, next, before.hash());
    Change change =
        new Change(
            Change.Kind.PUT,
            KeyValue.of(sharedKey, next),
            PreviousPair.of(history, sharedKey, next, predecessor));
    return new Outcome(change, live);
  }

  /// The live record of a key in the applier's view.
  @Nullable StoredRecord live(ByteString key) {
    return newest.of(key, key.toByteArray()).live();
  }

  /// Deletes the key whose live record is `live` at revision `at`.
  Outcome delete(byte[] key, StoredRecord live, Revision at) {
    ByteString sharedKey = UnsafeByteOperations.unsafeWrap(key);
    long hashBefore = hash.of(key, live);
    StoredRecord tombstone = RecordEncoder.at(at.main(), at.sub(), totals.compacted).delete(live);

    appendHistory(key, tombstone, live);
    rows.remove(Family.LATEST, key);
    rows.put(Family.DELETED, key, tombstone.bytes());
    totals.liveKeys--;
    totals.liveBytes -= liveCost(key, live);
    totals.newestDelete = at.main();
    blocks.removed(key);
    moveAttachment(key, live.lease(), 0);
    noteNewest(sharedKey, key, tombstone, hashBefore);
    Change change =
        new Change(
            Change.Kind.DELETE,
            KeyValue.deleted(sharedKey, at.main()),
            PreviousPair.of(history, sharedKey, tombstone, live));
    return new Outcome(change, live);
  }

  /// Removes the tombstone of a key if its delete lies below the compacted revision. The row is
  /// read again here: the key may have been deleted once more since a purge asked for it (mvcc.md
  /// §11.4).
  void purge(byte[] key) {
    byte[] row = rows.get(Family.DELETED, key);
    if (row != null && StoredRecord.parse(row).modMain() < totals.compacted) {
      rows.remove(Family.DELETED, key);
      newest.forget(UnsafeByteOperations.unsafeWrap(key));
    }
  }

  /// What the new record links to (K1). Only the logical compacted revision decides, so that all
  /// members write the same bytes, whatever each has purged.
  private @Nullable StoredRecord predecessor(@Nullable StoredRecord before) {
    if (before == null || before.isLive() || before.modMain() >= totals.compacted) {
      return before;
    }
    return null;
  }

  private void appendHistory(byte[] key, StoredRecord next, @Nullable StoredRecord old) {
    Invariant.check(
        old == null
            || old.modMain() < next.modMain()
            || (old.modMain() == next.modMain() && old.modSub() < next.modSub()),
        "a change at %d.%d follows a later one",
        next.modMain(),
        next.modSub());
    totals.historyCum += HistoryEntry.cost(key, next, old);
    rows.put(
        Family.HISTORY,
        KeyLayout.historyKey(next.modMain(), next.modSub()),
        HistoryEntry.encode(totals.historyCum, key, next, old));
  }

  private static long liveCost(byte[] key, StoredRecord live) {
    return HistoryEntry.cost(key, live, null);
  }

  private void moveAttachment(byte[] key, long from, long to) {
    if (from == to) {
      return;
    }
    if (from != 0) {
      LeaseTable.detach(rows, from, key);
    }
    if (to != 0) {
      LeaseTable.attach(rows, to, key);
    }
  }

  private void noteNewest(ByteString sharedKey, byte[] key, StoredRecord next, long hashBefore) {
    long hashAfter = hash.of(key, next);
    totals.liveHashSum += hashAfter - hashBefore;
    newest.remember(sharedKey, new Newest(next, hashAfter));
  }
}
