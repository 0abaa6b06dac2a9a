package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.HistoryTable;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The live pair a key had before a revision, as events carry it (mvcc.md §6).
final class PreviousPair {
  private PreviousPair() {}

  /// @param next the record the change made; a creation has no previous pair
  /// @param old the record it replaced; if that was made in the same revision, the one before it
  ///   counts, for a watcher sees revisions as a whole
  static Optional<KeyValue> of(
      HistoryTable history, ByteString key, StoredRecord next, @Nullable StoredRecord old) {
    if (next.version() == 1) {
      return Optional.empty();
    }
    StoredRecord before = old;
    int sub = next.modSub();
    while (before != null && before.modMain() == next.modMain()) {
      Invariant.check(
          before.modSub() < sub, "change %d.%d replaced %d", next.modMain(), sub, before.modSub());
      sub = before.modSub();
      before = history.entry(before.modMain(), before.modSub()).old();
    }
    return before != null && before.isLive()
        ? Optional.of(KeyValue.of(key, before))
        : Optional.empty();
  }
}
