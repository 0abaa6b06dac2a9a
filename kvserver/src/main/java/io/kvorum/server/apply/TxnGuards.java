package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.Projection;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.server.command.GuardRule;
import java.util.List;

/// Evaluates guards on the state before a transaction: used before its first operation, also for
/// the guards of nested transactions (api.md §3.2).
final class TxnGuards {
  private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

  /// Pairs read at once for a guard over a range: more while they are small, fewer while they are
  /// large, so that a range of any size is judged in bounded memory.
  private static final int FIRST_PAGE_ROWS = 16;

  private static final int MAX_PAGE_ROWS = 1_024;
  private static final long PAGE_BYTES = 1 << 20;

  private final WriteTxn before;

  TxnGuards(WriteTxn before) {
    this.before = before;
  }

  boolean hold(List<Compare> guards) {
    for (Compare guard : guards) {
      if (!holds(guard)) {
        return false;
      }
    }
    return true;
  }

  private boolean holds(Compare guard) {
    KeyRange range = KeyRange.of(guard.getKey(), guard.getRangeEnd());
    return range.isSingleKey()
        ? before
            .get(guard.getKey())
            .map(pair -> GuardRule.holds(guard, pair))
            .orElseGet(() -> GuardRule.holdsForMissing(guard))
        : holdsInAll(guard, range);
  }

  /// Every pair in the range must satisfy the guard; an empty range is like a missing key.
  private boolean holdsInAll(Compare guard, KeyRange range) {
    KeyRange rest = range;
    int rows = FIRST_PAGE_ROWS;
    while (true) {
      RangeResult page =
          before.range(RangeQuery.all(rest).withLimit(rows).withProjection(projection(guard)), 0);
      if (page.kvs().isEmpty()) {
        return !rest.equals(range) || GuardRule.holdsForMissing(guard);
      }
      long bytes = 0;
      for (KeyValue pair : page.kvs()) {
        if (!GuardRule.holds(guard, pair)) {
          return false;
        }
        bytes += pair.value().size();
      }
      if (!page.more()) {
        return true;
      }
      rest = new KeyRange(page.kvs().getLast().key().concat(ZERO), range.end());
      rows = bytes < PAGE_BYTES ? Math.min(2 * rows, MAX_PAGE_ROWS) : Math.max(1, rows / 2);
    }
  }

  private static Projection projection(Compare guard) {
    return switch (guard.getTarget()) {
      case VERSION, CREATE, MOD, UNRECOGNIZED -> Projection.KEYS_ONLY;
      case VALUE, LEASE -> Projection.FULL;
    };
  }
}
