package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.StoredRecord;

/// The live keys of a range at one revision, in key order, one after the other. Opened and closed
/// within one method.
interface LiveRows extends AutoCloseable {
  /// Moves to the next live key; false at the end.
  boolean next();

  byte[] key();

  StoredRecord record();

  /// Counts the live keys after the current one without loading their versions, and ends the pass.
  long countRest();

  @Override
  void close();
}
