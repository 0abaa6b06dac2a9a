package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.Optional;

/// The live keys at one revision of one view.
sealed interface KeySpace permits HeadKeys, PastKeys {
  Optional<StoredRecord> get(byte[] key);

  /// Live keys in `range`, in key order. The caller closes them within the same method.
  LiveRows rows(KeyRange range);

  long count(KeyRange range);
}
