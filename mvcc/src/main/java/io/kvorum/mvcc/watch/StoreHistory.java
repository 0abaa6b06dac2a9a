package io.kvorum.mvcc.watch;

import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.mvcc.RevisionRefused;

/// The history of a store, each slice read from its newest published state.
record StoreHistory(MvccStore store) implements History {
  @Override
  public long head() {
    return store.head();
  }

  @Override
  public Slice read(long from, int maxEvents, long maxBytes) {
    try (ReadTxn txn = store.read()) {
      return new Slice.Read(txn.history(from, maxEvents, maxBytes).changes());
    } catch (RevisionRefused refused) {
      return switch (refused.kind()) {
        case COMPACTED -> new Slice.Compacted(refused.compacted());
        case FUTURE -> throw refused;
      };
    }
  }
}
