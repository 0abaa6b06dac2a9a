package io.kvorum.mvcc;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.StateRecord;

/// The running counters of `state` while a batch is applied. Owned by the thread `apply`.
final class Totals {
  long head;
  long compacted;
  long liveBytes;
  long liveKeys;
  long leases;
  long historyCum;
  long historyBase;
  long liveHashSum;
  long newestDelete;

  Totals(StateRecord state) {
    reset(state);
  }

  /// Returns to what was last written.
  void reset(StateRecord state) {
    head = state.head();
    compacted = state.compacted();
    liveBytes = state.liveBytes();
    liveKeys = state.liveKeys();
    leases = state.leases();
    historyCum = state.historyCum();
    historyBase = state.historyBase();
    liveHashSum = state.liveHashSum();
    newestDelete = state.newestDelete();
  }

  StateRecord toRecord(long appliedIndex, long appliedTerm) {
    Invariant.check(compacted <= head, "compacted %d beyond head %d", compacted, head);
    Invariant.check(liveKeys >= 0, "%d live keys", liveKeys);
    return new StateRecord(
        appliedIndex,
        appliedTerm,
        head,
        compacted,
        liveBytes,
        liveKeys,
        leases,
        historyCum,
        historyBase,
        liveHashSum,
        newestDelete);
  }
}
