package io.kvorum.mvcc.rocks;

import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.Snapshot;

/// The state at one batch boundary, unmoved by later writes. May be read by any number of threads
/// until its owner closes it. Files dropped from `history` vanish under it all the same (R1, R2).
public final class SnapshotView implements StateView, AutoCloseable {
  private final StateDb db;
  private final Snapshot snapshot;
  private final ReadOptions pointReads;

  SnapshotView(StateDb db, Snapshot snapshot) {
    db.retain();
    this.db = db;
    this.snapshot = snapshot;
    this.pointReads = new ReadOptions().setSnapshot(snapshot);
  }

  @Override
  public byte @Nullable [] get(Family family, byte[] key) {
    return db.get(family, key, pointReads);
  }

  @Override
  public RowCursor scan(Family family, byte[] from, byte @Nullable [] end) {
    return db.scan(family, from, end, snapshot);
  }

  /// The same state for a pass over much of it: the blocks that its scans read are not kept in the
  /// cache, so such a pass neither fills it nor drives out what others need. Lives as long as this.
  public StateView once() {
    return new StateView() {
      @Override
      public byte @Nullable [] get(Family family, byte[] key) {
        return SnapshotView.this.get(family, key);
      }

      @Override
      public RowCursor scan(Family family, byte[] from, byte @Nullable [] end) {
        return db.scanOnce(family, from, end, snapshot);
      }
    };
  }

  /// The database that the state is in, open for as long as this is.
  public StateDb database() {
    return db;
  }

  @Override
  public void close() {
    pointReads.close();
    db.releaseSnapshot(snapshot);
    db.release();
  }
}
