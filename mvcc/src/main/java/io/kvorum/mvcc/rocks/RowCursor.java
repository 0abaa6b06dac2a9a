package io.kvorum.mvcc.rocks;

/// Rows of one family in ascending key order, positioned on the first from the start.
///
/// Lives inside one method of its opener and must be closed there: a native iterator that outlives
/// its database crashes the process. Arrays returned are fresh and belong to the caller.
public interface RowCursor extends AutoCloseable {
  /// Whether there is a current row. Throws [StorageFailure] if the disk failed on the way.
  boolean isValid();

  /// Moves to the next row; only while valid.
  void next();

  byte[] key();

  byte[] value();

  @Override
  void close();
}
