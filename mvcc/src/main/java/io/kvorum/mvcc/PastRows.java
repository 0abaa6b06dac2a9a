package io.kvorum.mvcc;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.RowCursor;
import io.kvorum.mvcc.rocks.StateView;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Live keys before a change: `latest` and `deleted` merged in key order, each key taken back to
/// its version of that time (mvcc.md §5). A key is in at most one of the two families.
final class PastRows implements LiveRows {
  private static final byte[] NONE = {};

  private final RowCursor latest;
  // Absent when nothing was deleted since: no tombstone can lead to a live version.
  private final @Nullable RowCursor deleted;
  private final Versions versions;
  private final Revision end;

  // Heads of the two inputs, null where exhausted; kept so that each key is copied once.
  private byte @Nullable [] latestKey;
  private byte @Nullable [] deletedKey;
  private byte[] key = NONE;
  private @Nullable StoredRecord record;

  PastRows(StateView view, Versions versions, KeyRange range, Revision end, long newestDelete) {
    byte[] from = range.startBytes();
    byte[] to = range.endBytes();
    this.versions = versions;
    this.end = end;
    this.latest = view.scan(Family.LATEST, from, to);
    this.latestKey = headOf(latest);
    this.deleted = end.main() > newestDelete ? null : view.scan(Family.DELETED, from, to);
    this.deletedKey = headOf(deleted);
  }

  private static byte @Nullable [] headOf(@Nullable RowCursor rows) {
    return rows != null && rows.isValid() ? rows.key() : null;
  }

  @Override
  public boolean next() {
    for (StoredRecord newest = nextNewest(); newest != null; newest = nextNewest()) {
      StoredRecord then = versions.at(key, newest, end);
      if (then != null) {
        record = then;
        return true;
      }
    }
    record = null;
    return false;
  }

  @Override
  public long countRest() {
    long count = 0;
    for (StoredRecord newest = nextNewest(); newest != null; newest = nextNewest()) {
      if (versions.isAliveAt(key, newest, end)) {
        count++;
      }
    }
    return count;
  }

  /// Moves to the next key of either family and returns its newest record; `null` at the end.
  private @Nullable StoredRecord nextNewest() {
    byte[] live = latestKey;
    byte[] dead = deletedKey;
    if (live == null && dead == null) {
      return null;
    }
    if (live != null && (dead == null || isBeforeDeleted(live, dead))) {
      key = live;
      StoredRecord newest = StoredRecord.parse(latest.value());
      latest.next();
      latestKey = headOf(latest);
      return newest;
    }
    return nextDeleted();
  }

  private static boolean isBeforeDeleted(byte[] live, byte[] dead) {
    int order = Arrays.compareUnsigned(live, dead);
    Invariant.check(order != 0, "a key is both live and deleted");
    return order < 0;
  }

  private @Nullable StoredRecord nextDeleted() {
    if (deleted == null || deletedKey == null) {
      return null;
    }
    key = deletedKey;
    StoredRecord newest = StoredRecord.parse(deleted.value());
    deleted.next();
    deletedKey = headOf(deleted);
    return newest;
  }

  @Override
  public byte[] key() {
    return key;
  }

  @Override
  public StoredRecord record() {
    if (record == null) {
      throw new IllegalStateException("no current row");
    }
    return record;
  }

  @Override
  public void close() {
    latest.close();
    if (deleted != null) {
      deleted.close();
    }
  }
}
