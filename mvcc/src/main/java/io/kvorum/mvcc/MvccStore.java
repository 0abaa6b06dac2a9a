package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.invariant.Invariant;
import io.kvorum.invariant.OwnerThread;
import io.kvorum.mvcc.rocks.AuthTable;
import io.kvorum.mvcc.rocks.CheckpointReader;
import io.kvorum.mvcc.rocks.HistoryGap;
import io.kvorum.mvcc.rocks.LeaseTable;
import io.kvorum.mvcc.rocks.MetaTable;
import io.kvorum.mvcc.rocks.RowCursor;
import io.kvorum.mvcc.rocks.SnapshotView;
import io.kvorum.mvcc.rocks.StateDb;
import io.kvorum.mvcc.rocks.StateDbOptions;
import io.kvorum.mvcc.rocks.StateRecord;
import io.kvorum.mvcc.rocks.StorageFailure;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// The keys, values and history of one member, on its disk.
///
/// The thread `apply` writes through [#newBatch()]; any thread reads through [#read()]. What a
/// batch has committed is visible at once and durable after the next flush: the Raft log is the
/// only write-ahead log, so after a crash the store is back at some batch boundary and
/// [#appliedIndex()] says from where to replay.
public final class MvccStore implements AutoCloseable {
  private final StoreOptions options;
  private final PurgeQueue purges = new PurgeQueue();
  private final StateFiles files;
  private final OwnerThread apply = new OwnerThread("MvccStore");

  // Published in this order (W2): a reader that pins first and then looks at `compacted` never
  // reads
  // a revision that the pinned state's successors have compacted without noticing.
  private volatile long compacted;
  private volatile Pin published;
  private volatile boolean closed;
  private final LongAdder openReads = new LongAdder();

  private ApplierView view;
  private @Nullable ApplyBatch openBatch;
  private long unflushedBytes;
  // Of the databases replaced so far: done when all of them are closed.
  private CompletableFuture<Void> replacedAreClosed = CompletableFuture.completedFuture(null);

  private MvccStore(StateDb db, StoreOptions options) {
    this.options = options;
    StateRecord state = stateOf(db);
    this.view = new ApplierView(db, options, state);
    this.compacted = state.compacted();
    this.published = new Pin(state, db.snapshot(), view.blocks.publish());
    this.files = new StateFiles(purges, this::retainPublished, state.appliedIndex());
  }

  private static StateRecord stateOf(StateDb db) {
    try (SnapshotView probe = db.snapshot()) {
      return MetaTable.state(probe);
    }
  }

  /// Opens or creates the store in `directory`. Throws [io.kvorum.mvcc.rocks.StoreUnusable] with
  /// the reason if it cannot be used as it is.
  public static MvccStore open(Path directory, StoreOptions options) {
    StateDb db =
        StateDb.open(
            directory,
            new StateDbOptions(options.nativeBudgetBytes(), options.nativeLibraryDirectory()));
    return new MvccStore(db, options);
  }

  StoreOptions options() {
    return options;
  }

  StateDb database() {
    return view.db;
  }

  PurgeQueue purges() {
    return purges;
  }

  /// The newest published revision; 1 in an empty store.
  public long head() {
    return published.state().head();
  }

  /// The published compacted revision; −1 before the first compaction.
  public long compactedRevision() {
    return compacted;
  }

  /// Index of the last log entry whose effects are visible; 0 in an empty store.
  public long appliedIndex() {
    return published.state().appliedIndex();
  }

  public long appliedTerm() {
    return published.state().appliedTerm();
  }

  /// Applied index that no crash can lose any more.
  public long durableIndex() {
    return files.durableIndex();
  }

  /// Pins the newest published state; the caller closes it.
  public ReadTxn read() {
    while (!closed) {
      Pin pin = published;
      if (pin.retain()) {
        openReads.increment();
        return new ReadTxn(this, pin);
      }
    }
    throw new IllegalStateException("the store is closed");
  }

  /// For [StateFiles], which ends before the last pin is released.
  private Pin retainPublished() {
    Pin pin = published;
    while (!pin.retain()) {
      pin = published;
    }
    return pin;
  }

  /// The logical size alone, without asking the file system: for checks on every write.
  public long logicalBytes() {
    return published.state().logicalBytes();
  }

  /// Keys that are not deleted.
  public long liveKeys() {
    return published.state().liveKeys();
  }

  /// Read transactions that are open.
  public long openReads() {
    return openReads.sum();
  }

  void readClosed() {
    openReads.decrement();
  }

  public StoreSize size() {
    return pinned(pin -> new StoreSize(pin.state().logicalBytes(), pin.database().fileBytes()));
  }

  /// All leases as published.
  public List<LeaseRecord> leases() {
    return pinned(pin -> LeaseTable.all(pin.view()).stream().map(MvccStore::leaseOf).toList());
  }

  /// The keys attached to a lease as published, ascending.
  public List<ByteString> attachedKeys(long leaseId) {
    return pinned(
        pin ->
            LeaseTable.attachedKeys(pin.view(), leaseId).stream()
                .map(UnsafeByteOperations::unsafeWrap)
                .toList());
  }

  /// A replicated fact as published.
  public Optional<ByteString> meta(String name) {
    return pinned(pin -> wrap(MetaTable.get(pin.view(), name)));
  }

  /// All records of the auth store as published, by key.
  public NavigableMap<ByteString, ByteString> auth() {
    return pinned(
        pin -> {
          NavigableMap<ByteString, ByteString> records =
              new TreeMap<>(ByteString.unsignedLexicographicalComparator());
          try (RowCursor rows = AuthTable.all(pin.view())) {
            while (rows.isValid()) {
              records.put(
                  UnsafeByteOperations.unsafeWrap(rows.key()),
                  UnsafeByteOperations.unsafeWrap(rows.value()));
              rows.next();
            }
          }
          return Collections.unmodifiableNavigableMap(records);
        });
  }

  private <T> T pinned(Function<Pin, T> body) {
    try (ReadTxn txn = read()) {
      return body.apply(txn.pin());
    }
  }

  static LeaseRecord leaseOf(LeaseTable.Row row) {
    return new LeaseRecord(row.id(), row.ttlSeconds(), row.remainingMillis(), row.generation());
  }

  static Optional<ByteString> wrap(byte @Nullable [] value) {
    return value == null ? Optional.empty() : Optional.of(UnsafeByteOperations.unsafeWrap(value));
  }

  /// Begins the changes of one committed batch of log entries. Thread `apply`.
  public ApplyBatch newBatch() {
    checkApplyThread();
    Invariant.check(openBatch == null, "a batch is still open");
    Throwable failure = files.failure();
    if (failure != null) {
      throw new IllegalStateException("the store has failed", failure);
    }
    ApplyBatch batch = new ApplyBatch(this, view);
    openBatch = batch;
    return batch;
  }

  void checkApplyThread() {
    apply.check();
    Invariant.check(!closed, "the store is closed");
  }

  void commit(Totals totals, long appliedIndex, long appliedTerm) {
    StateRecord before = published.state();
    StateRecord state = totals.toRecord(appliedIndex, appliedTerm);
    checkFollows(before, state);
    PurgeQueue.Slice purge = purges.peek();
    if (purge != null) {
      for (byte[] key : purge.keys()) {
        view.keys.purge(key);
      }
    }
    unflushedBytes += view.rows.write(state);
    publish(state);
    openBatch = null;
    if (purge != null) {
      purges.finished(purge);
    }
    if (unflushedBytes >= options.flushBytes()) {
      unflushedBytes = 0;
      files.requestFlush();
    }
  }

  /// Goes on with the state in `directory`, a checkpoint that another member took at a later point
  /// of the same log, in place of its own. Thread `apply`, between batches.
  ///
  /// Whoever reads the old state goes on reading it; whoever begins after this returns reads the
  /// new one. The result completes when the last of the former has left and the old database is
  /// closed: nothing needs its files any more.
  ///
  /// Throws [io.kvorum.mvcc.rocks.StoreUnusable] if the new state cannot be opened; the old one is
  /// still in force then.
  public CompletableFuture<Void> install(Path directory) {
    checkApplyThread();
    Invariant.check(openBatch == null, "a batch is still open");
    ApplierView before = view;
    StateDb db = before.db.openBeside(directory);
    StateRecord state;
    try {
      state = stateOf(db);
      checkFollows(published.state(), state);
      view = new ApplierView(db, options, state);
    } catch (RuntimeException e) {
      db.close();
      throw e;
    }
    publish(state);
    unflushedBytes = 0;
    before.close();
    files.installed();
    CompletableFuture<Void> closing = files.retire(before.db);
    replacedAreClosed = CompletableFuture.allOf(replacedAreClosed, closing);
    return closing;
  }

  private static void checkFollows(StateRecord before, StateRecord state) {
    Invariant.check(
        state.head() >= before.head()
            && state.compacted() >= before.compacted()
            && state.appliedIndex() >= before.appliedIndex(),
        "state fell from %s to %s",
        before,
        state);
  }

  private void publish(StateRecord state) {
    compacted = state.compacted();
    Pin before = published;
    published = new Pin(state, view.db.snapshot(), view.blocks.publish());
    before.release();
  }

  void abandon() {
    view.revert(published.state());
    openBatch = null;
  }

  /// Tells `listener`, on a background thread, which applied index is durable after each flush, so
  /// that the Raft log can drop its prefix.
  public void onDurable(LongConsumer listener) {
    files.onDurable(listener);
  }

  /// Tells `listener` if a background flush or compaction fails; the member must stop. No batch can
  /// be begun after it.
  public void onFailure(Consumer<Throwable> listener) {
    files.onFailure(listener);
  }

  /// Tells `listener` that tombstones wait for a commit to be purged. An applier with nothing to do
  /// then commits an empty batch at its current index; a busy one need not care.
  public void onPurgeWaiting(Runnable listener) {
    purges.onWaiting(listener);
  }

  /// Removes what the compaction at `revision` has made dead: flushes, drops history files, purges
  /// tombstones through the applier's next commits. Completes when all of it is gone.
  public CompletableFuture<Void> compactPhysically(long revision) {
    Invariant.check(revision <= compacted, "%d is not compacted yet", revision);
    return files.compact();
  }

  /// Makes everything committed so far durable soon.
  public void flushSoon() {
    files.requestFlush();
  }

  /// Makes everything committed so far durable and waits for it.
  public void flush() {
    await(files.flush());
  }

  /// Rewrites all files without dead rows, and waits for it. Serving goes on meanwhile.
  public void defragment() {
    await(files.rewrite());
  }

  /// Hard-links a durable copy of a published state into `directory`, which must not exist;
  /// [#inspect] tells which. Not on the thread `apply`.
  public void checkpoint(Path directory) {
    pinned(
        pin -> {
          pin.database().checkpoint(directory);
          return directory;
        });
  }

  /// Tells what the checkpoint in `directory` holds, and that its files are complete, without
  /// changing them. Throws [io.kvorum.mvcc.rocks.StoreUnusable] or [StorageFailure] if they are not
  /// what a store can go on with.
  ///
  /// @param temporary a directory for what RocksDB writes beside
  public static CheckpointFacts inspect(Path directory, Path temporary) {
    return CheckpointFacts.of(CheckpointReader.read(directory, temporary));
  }

  private static void await(CompletableFuture<Void> done) {
    try {
      done.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StorageFailure failure) {
        throw failure;
      }
      throw e;
    }
  }

  HashResult hashKv(long revision) {
    return hashOnNewest(
        txn -> {
          StateRecord state = txn.pin().state();
          if (revision > state.head()) {
            throw RevisionRefused.future(revision, state.compacted());
          }
          if (revision < state.compacted()) {
            throw RevisionRefused.compacted(revision, state.compacted());
          }
          return new StoreHash(txn.pin().view(), state).hashKv(revision);
        });
  }

  int hash() {
    return hashOnNewest(txn -> new StoreHash(txn.pin().view(), txn.pin().state()).all());
  }

  /// Repeats a scan that a compaction has overtaken on a newer pin (H2).
  private <T> T hashOnNewest(Function<ReadTxn, T> scan) {
    while (true) {
      try (ReadTxn txn = read()) {
        try {
          return scan.apply(txn);
        } catch (HistoryGap gap) {
          if (compacted <= txn.pin().state().compacted()) {
            throw StorageFailure.damaged("%s", String.valueOf(gap.getMessage()));
          }
        }
      }
    }
  }

  /// Waits for readers to leave, makes everything durable and closes. The thread `apply` must have
  /// stopped. After a failure nothing is written any more.
  @Override
  public void close() {
    if (!closed && files.failure() == null) {
      flush();
    }
    closeWithoutFlush();
  }

  /// Closes as a crash would: what was not flushed is lost and will be replayed.
  void closeWithoutFlush() {
    if (closed) {
      return;
    }
    closed = true;
    purges.close();
    replacedAreClosed.join();
    files.close();
    published.release();
    view.close();
    view.db.close();
  }
}
