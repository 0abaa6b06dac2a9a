package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// A store with the member around it reduced to a counter: each [#apply] is one log entry in a
/// batch of its own.
final class TestStore implements AutoCloseable {
  static final StoreOptions SMALL =
      StoreOptions.defaults().withNativeBudgetBytes(64L << 20).withNewestCacheBytes(1 << 16);

  private final Path directory;
  private final StoreOptions options;
  private MvccStore store;

  private TestStore(Path directory, StoreOptions options) {
    this.directory = directory;
    this.options = options;
    this.store = MvccStore.open(directory, options);
  }

  static TestStore in(Path directory) {
    return new TestStore(directory, SMALL);
  }

  static TestStore in(Path directory, StoreOptions options) {
    return new TestStore(directory, options);
  }

  MvccStore store() {
    return store;
  }

  List<ChangeSet> apply(Consumer<ApplyBatch> entry) {
    ApplyBatch batch = store.newBatch();
    entry.accept(batch);
    return batch.commit(store.appliedIndex() + 1, 3);
  }

  List<ChangeSet> write(Consumer<WriteTxn> command) {
    return apply(batch -> write(batch, command));
  }

  static void write(ApplyBatch batch, Consumer<WriteTxn> command) {
    WriteTxn txn = batch.write();
    command.accept(txn);
    txn.end();
  }

  List<ChangeSet> put(String key, String value) {
    return put(key, value, 0);
  }

  List<ChangeSet> put(String key, String value, long lease) {
    return write(txn -> txn.put(bytes(key), bytes(value), lease));
  }

  List<ChangeSet> delete(String key) {
    return write(txn -> txn.deleteRange(single(key), false));
  }

  CompactOutcome compact(long revision) {
    CompactOutcome[] outcome = new CompactOutcome[1];
    apply(batch -> outcome[0] = batch.compact(revision));
    return outcome[0];
  }

  RangeResult range(RangeQuery query, long revision) {
    try (ReadTxn txn = store.read()) {
      return txn.range(query, revision);
    }
  }

  /// `key=value` for each key alive at `revision`.
  List<String> pairs(long revision) {
    return range(RangeQuery.all(KeyRange.all()), revision).kvs().stream()
        .map(kv -> kv.key().toStringUtf8() + "=" + kv.value().toStringUtf8())
        .toList();
  }

  HistorySlice history(long from) {
    try (ReadTxn txn = store.read()) {
      return txn.history(from, Integer.MAX_VALUE, Long.MAX_VALUE);
    }
  }

  HashResult hashKv(long revision) {
    try (ReadTxn txn = store.read()) {
      return txn.hashKv(revision);
    }
  }

  void restart() {
    store.close();
    store = MvccStore.open(directory, options);
  }

  void crash() {
    store.closeWithoutFlush();
    store = MvccStore.open(directory, options);
  }

  /// Drops and purges everything dead and waits for it.
  void compactPhysically() {
    var done = store.compactPhysically(store.compactedRevision());
    while (!done.isDone()) {
      store.newBatch().commit(store.appliedIndex(), 3);
    }
    done.join();
  }

  static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  static KeyRange single(String key) {
    return KeyRange.single(bytes(key));
  }

  static KeyRange range(String from, String end) {
    return KeyRange.of(bytes(from), bytes(end));
  }

  @Override
  public void close() {
    store.close();
  }
}
