package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.BlockCounts;
import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.StateView;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.Optional;

/// The newest keys of a view. Touches neither history nor tombstones and is never refused.
///
/// @param counts of the same state as `view`
record HeadKeys(StateView view, BlockCounts counts) implements KeySpace {
  @Override
  public Optional<StoredRecord> get(byte[] key) {
    byte[] value = view.get(Family.LATEST, key);
    return value == null ? Optional.empty() : Optional.of(StoredRecord.parse(value));
  }

  @Override
  public LiveRows rows(KeyRange range) {
    return new HeadRows(view, range);
  }

  @Override
  public long count(KeyRange range) {
    return counts.count(view, range.startBytes(), range.endBytes());
  }
}
