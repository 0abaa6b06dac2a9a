package io.kvorum.mvcc.rocks;

import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/// Rows as RocksDB holds them. Owns the iterator, its options and the bounds it was opened with.
final class DbCursor implements RowCursor {
  private final RocksIterator iterator;
  private final ReadOptions options;
  private final @Nullable Slice[] bounds;

  DbCursor(RocksIterator iterator, ReadOptions options, @Nullable Slice... bounds) {
    this.iterator = iterator;
    this.options = options;
    this.bounds = bounds;
  }

  @Override
  public boolean isValid() {
    if (iterator.isValid()) {
      return true;
    }
    try {
      iterator.status();
    } catch (RocksDBException e) {
      throw StorageFailure.of("scan", e);
    }
    return false;
  }

  @Override
  public void next() {
    iterator.next();
  }

  @Override
  public byte[] key() {
    return iterator.key();
  }

  @Override
  public byte[] value() {
    return iterator.value();
  }

  @Override
  public void close() {
    iterator.close();
    options.close();
    for (Slice bound : bounds) {
      if (bound != null) {
        bound.close();
      }
    }
  }
}
