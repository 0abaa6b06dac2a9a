package io.kvorum.server.apply;

import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.Revision;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.server.command.ApplyResult.LateRead;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The reads of one command: a few pairs are looked up at once, what may be more is put off, so
/// that the thread `apply` is not held up and an answer of any size takes no memory here. Nothing
/// is read for nobody.
///
/// Owned by the thread `apply`.
final class LateReads {
  /// Values read at once by one command.
  static final long MAX_BYTES_AT_ONCE = 64 << 10;

  private final WriteTxn txn;
  private final Execution.Audience audience;
  private final List<LateRead> late = new ArrayList<>();
  private int operation;
  private long bytesAtOnce;

  LateReads(WriteTxn txn, Execution.Audience audience) {
    this.txn = txn;
    this.audience = audience;
  }

  /// Reads a range for the current operation. Returns what was found if it was read at once.
  Optional<RangeResult> read(RangeQuery query, long revision) {
    if (audience == Execution.Audience.NOBODY) {
      return Optional.empty();
    }
    if (query.range().isSingleKey() && bytesAtOnce < MAX_BYTES_AT_ONCE) {
      RangeResult found = txn.range(query, revision);
      found.kvs().forEach(this::count);
      return Optional.of(found);
    }
    late.add(new LateRead(operation, query, txn.rangeEnd(revision)));
    return Optional.empty();
  }

  /// Keeps a pair that the current operation has replaced for the answer, or reads it again later.
  ///
  /// @param end the change that replaced it
  Optional<KeyValue> keep(Optional<KeyValue> replaced, Revision end) {
    if (audience == Execution.Audience.NOBODY || replaced.isEmpty()) {
      return Optional.empty();
    }
    if (bytesAtOnce < MAX_BYTES_AT_ONCE) {
      count(replaced.get());
      return replaced;
    }
    KeyRange key = KeyRange.single(replaced.get().key());
    late.add(new LateRead(operation, RangeQuery.all(key), end));
    return Optional.empty();
  }

  private void count(KeyValue pair) {
    bytesAtOnce += pair.value().size();
  }

  /// The next operation begins.
  void operationEnded() {
    operation++;
  }

  List<LateRead> all() {
    return late;
  }
}
