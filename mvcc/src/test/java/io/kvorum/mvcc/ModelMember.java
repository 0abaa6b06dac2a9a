package io.kvorum.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.LogScript.Entry;
import io.kvorum.mvcc.LogScript.Op;
import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.KeyLayout;
import io.kvorum.mvcc.rocks.RowCursor;
import io.kvorum.mvcc.rocks.SnapshotView;
import io.kvorum.mvcc.rocks.StateBatch;
import io.kvorum.mvcc.rocks.StateDb;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// A real store that applies a [LogScript] with batch cuts and mishaps of its own: crashes with
/// replay, restarts, late and partial physical deletion.
final class ModelMember implements AutoCloseable {
  private final Path directory;
  private final StoreOptions options;
  private final LogScript script;
  private MvccStore store;

  private final List<InnerRead> reads = new ArrayList<>();

  ModelMember(Path directory, StoreOptions options, LogScript script) {
    this.directory = directory;
    this.options = options;
    this.script = script;
    this.store = MvccStore.open(directory, options);
    grantLeases();
  }

  /// The entry before the script: all leases, so that keys can be attached.
  private void grantLeases() {
    ApplyBatch batch = store.newBatch();
    for (long lease : LogScript.leases()) {
      batch.putLease(new LeaseRecord(lease, 60, 0, 1));
    }
    batch.commit(0, 3);
    store.flush();
  }

  MvccStore store() {
    return store;
  }

  /// What a batch showed: everything each entry answered, and the change sets it published.
  record Shown(List<List<Object>> answers, List<ChangeSet> changes) {}

  /// Applies the entries `(applied, last]` as one batch.
  Shown applyThrough(long last) {
    ApplyBatch batch = store.newBatch();
    reads.clear();
    List<List<Object>> answers = apply(batch, last);
    Shown shown = new Shown(answers, batch.commit(last, 3));
    readAgain();
    return shown;
  }

  /// Ranges that were read between changes answer the same from outside, after the commit.
  private void readAgain() {
    try (ReadTxn txn = store.read()) {
      for (InnerRead read : reads) {
        if (read.end().main() >= store.compactedRevision()) {
          assertThat(txn.before(read.end()).range(read.query())).isEqualTo(read.result());
        }
      }
    }
  }

  private record InnerRead(Revision end, RangeQuery query, RangeResult result) {}

  private List<List<Object>> apply(ApplyBatch batch, long last) {
    List<List<Object>> answers = new ArrayList<>();
    for (long index = store.appliedIndex() + 1; index <= last; index++) {
      answers.add(apply(batch, script.entry(index)));
    }
    return answers;
  }

  private List<Object> apply(ApplyBatch batch, Entry entry) {
    List<Object> seen = new ArrayList<>();
    switch (entry) {
      case Entry.Txn(List<Op> ops) -> run(batch, ops, seen);
      case Entry.Revoke(long lease) -> revoke(batch, lease, seen);
      case Entry.Compact(boolean atNewestDelete, long back) ->
          seen.add(batch.compact(atNewestDelete ? batch.newestDelete() : batch.head() - back));
    }
    return seen;
  }

  private void run(ApplyBatch batch, List<Op> ops, List<Object> seen) {
    long head = batch.head();
    WriteTxn txn = batch.write();
    for (Op op : ops) {
      switch (op) {
        case Op.Put(ByteString key, ByteString value, long lease) ->
            seen.add(txn.put(key, value, lease));
        case Op.Delete(KeyRange range) -> seen.add(txn.deleteRange(range, true));
        case Op.ReadNow(RangeQuery query) -> {
          RangeResult result = txn.range(query, 0);
          seen.add(result);
          reads.add(new InnerRead(txn.rangeEnd(0), query, result));
        }
        case Op.ReadPast(RangeQuery query, long back) ->
            seen.add(readPast(txn, query, Math.max(1, head - back)));
      }
    }
    seen.add(txn.end());
  }

  private static Object readPast(WriteTxn txn, RangeQuery query, long revision) {
    try {
      return txn.range(query, revision);
    } catch (RevisionRefused refused) {
      return refused.kind();
    }
  }

  private static void revoke(ApplyBatch batch, long lease, List<Object> seen) {
    List<ByteString> attached = batch.attachedKeys(lease);
    seen.add(attached);
    WriteTxn txn = batch.write();
    for (ByteString key : attached) {
      txn.deleteRange(KeyRange.single(key), false);
    }
    seen.add(txn.end());
    batch.removeLease(lease);
    batch.putLease(new LeaseRecord(lease, 60, 0, 1));
  }

  /// Applies entries, with history rows written early perhaps, and crashes before the commit.
  void crashInsideBatch(long last) {
    apply(store.newBatch(), last);
    store.flush();
    crash();
  }

  void abandonBatch(long last) {
    ApplyBatch batch = store.newBatch();
    apply(batch, last);
    batch.abandon();
  }

  void crash() {
    store.closeWithoutFlush();
    store = MvccStore.open(directory, options);
  }

  void restart() {
    store.close();
    store = MvccStore.open(directory, options);
  }

  /// Asks the applier to look at these keys with its next batch, as a purge would; late or for keys
  /// that have changed since, it must do no harm (mvcc.md §11.4).
  void offerPurge(List<byte[]> keys) {
    store.purges().offer(new PurgeQueue.Slice(keys));
  }

  /// Removes some history rows below the compacted revision, as a drop of some files would.
  void dropDeadRows(SplittableRandom random) {
    StateDb db = store.database();
    byte[] from = KeyLayout.historyKey(0, 0);
    byte[] end = KeyLayout.historyKey(Math.max(0, store.compactedRevision()), 0);
    try (StateBatch rows = new StateBatch(db);
        SnapshotView view = db.snapshot();
        RowCursor dead = view.scan(Family.HISTORY, from, end)) {
      while (dead.isValid()) {
        if (random.nextBoolean()) {
          rows.remove(Family.HISTORY, dead.key());
        }
        dead.next();
      }
      rows.writeHistoryEarly();
    }
  }

  /// The real thing. Before it, history goes to a table file of its own, so that whole files die.
  void compactPhysically() {
    store.flush();
    store.database().rewriteFiles(0);
    var done = store.compactPhysically(store.compactedRevision());
    while (!done.isDone()) {
      store.newBatch().commit(store.appliedIndex(), 3);
    }
    done.join();
  }

  @Override
  public void close() {
    store.close();
  }
}
