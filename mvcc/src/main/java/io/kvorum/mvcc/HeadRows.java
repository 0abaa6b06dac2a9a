package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.RowCursor;
import io.kvorum.mvcc.rocks.StateView;
import io.kvorum.mvcc.rocks.StoredRecord;
import org.jspecify.annotations.Nullable;

/// Live keys at the head of a view: `latest` holds exactly these, one row each.
final class HeadRows implements LiveRows {
  private static final byte[] NONE = {};

  private final RowCursor rows;
  private boolean started;
  private byte[] key = NONE;
  private @Nullable StoredRecord record;

  HeadRows(StateView view, KeyRange range) {
    this.rows = view.scan(Family.LATEST, range.startBytes(), range.endBytes());
  }

  @Override
  public boolean next() {
    if (started) {
      rows.next();
    }
    started = true;
    record = null;
    if (!rows.isValid()) {
      return false;
    }
    key = rows.key();
    return true;
  }

  @Override
  public byte[] key() {
    return key;
  }

  @Override
  public StoredRecord record() {
    StoredRecord current = record;
    if (current == null) {
      current = StoredRecord.parse(rows.value());
      record = current;
    }
    return current;
  }

  @Override
  public long countRest() {
    long count = 0;
    if (started) {
      rows.next();
    }
    while (rows.isValid()) {
      count++;
      rows.next();
    }
    return count;
  }

  @Override
  public void close() {
    rows.close();
  }
}
