package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.BlockLedger;
import io.kvorum.mvcc.rocks.StateBatch;
import io.kvorum.mvcc.rocks.StateDb;
import io.kvorum.mvcc.rocks.StateRecord;

/// What the applier keeps from batch to batch: its view of the database and the counters that move
/// with it. Lives as long as the database it is a view of. Owned by the thread `apply`.
final class ApplierView implements AutoCloseable {
  final StateDb db;
  final StateBatch rows;
  final BlockLedger blocks;
  final NewestRecords newest;
  final Totals totals;
  final KeyChanges keys;

  ApplierView(StateDb db, StoreOptions options, StateRecord state) {
    this.db = db;
    RecordHash hash = new RecordHash();
    this.rows = new StateBatch(db);
    this.blocks = new BlockLedger(rows, options.blockTarget());
    this.newest = new NewestRecords(rows, hash, options.newestCacheBytes());
    this.totals = new Totals(state);
    this.keys = new KeyChanges(rows, blocks, newest, hash, totals);
  }

  HeadKeys headKeys() {
    return new HeadKeys(rows, blocks.current());
  }

  /// Forgets what a batch has done since the state last written.
  void revert(StateRecord written) {
    rows.abandon();
    blocks.revert();
    newest.clear();
    totals.reset(written);
  }

  @Override
  public void close() {
    rows.close();
  }
}
