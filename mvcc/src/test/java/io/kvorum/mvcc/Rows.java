package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.KeyLayout;
import io.kvorum.mvcc.rocks.RowCursor;
import io.kvorum.mvcc.rocks.SnapshotView;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// What a store has on disk, as text, as far as all members must agree on it (mvcc.md §12).
final class Rows {
  private Rows() {}

  /// `key=value` in hex for each row that the compacted revision protects.
  static List<String> agreed(MvccStore store) {
    List<String> rows = new ArrayList<>();
    long compacted = store.compactedRevision();
    try (SnapshotView view = store.database().snapshot()) {
      for (Family family : Family.values()) {
        byte[] from =
            family == Family.HISTORY
                ? KeyLayout.historyKey(Math.max(0, compacted), 0)
                : new byte[0];
        byte[] end = family == Family.HISTORY ? KeyLayout.historyKey(store.head() + 1, 0) : null;
        try (RowCursor cursor = view.scan(family, from, end)) {
          for (; cursor.isValid(); cursor.next()) {
            byte[] value = cursor.value();
            if (family != Family.DELETED || StoredRecord.parse(value).modMain() >= compacted) {
              rows.add(family + " " + hex(cursor.key()) + "=" + hex(value));
            }
          }
        }
      }
    }
    return rows;
  }

  static List<String> of(MvccStore store, Family family) {
    List<String> rows = new ArrayList<>();
    try (SnapshotView view = store.database().snapshot();
        RowCursor cursor = view.scan(family, new byte[0], null)) {
      for (; cursor.isValid(); cursor.next()) {
        rows.add(hex(cursor.key()) + "=" + hex(cursor.value()));
      }
    }
    return rows;
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
