package io.kvorum.server.apply;

import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.server.command.GuardRule;
import java.util.List;

/// Evaluates the guards of transactions (etcd API: Compare). A guard over a range holds if every
/// key in it satisfies it; an absent key counts as one whose fields are all 0, and satisfies no
/// comparison of values.
final class TxnGuards {
  private TxnGuards() {}

  static boolean hold(List<Compare> guards, WriteTxn state) {
    for (Compare guard : guards) {
      if (!holds(guard, state)) {
        return false;
      }
    }
    return true;
  }

  private static boolean holds(Compare guard, WriteTxn state) {
    if (guard.getRangeEnd().isEmpty()) {
      return state
          .get(guard.getKey())
          .map(pair -> GuardRule.holds(guard, pair))
          .orElseGet(() -> GuardRule.holdsForMissing(guard));
    }
    KeyRange range = KeyRange.of(guard.getKey(), guard.getRangeEnd());
    List<KeyValue> pairs = state.range(RangeQuery.all(range), 0).kvs();
    if (pairs.isEmpty()) {
      return GuardRule.holdsForMissing(guard);
    }
    for (KeyValue pair : pairs) {
      if (!GuardRule.holds(guard, pair)) {
        return false;
      }
    }
    return true;
  }
}
