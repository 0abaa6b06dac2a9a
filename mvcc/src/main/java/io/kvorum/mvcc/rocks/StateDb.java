package io.kvorum.mvcc.rocks;

import static java.util.Objects.requireNonNull;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.StoreUnusable.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/// The one RocksDB database of a store; the only owner of native handles that live longer than a
/// method.
///
/// RocksDB's own write-ahead log is off: what was written becomes durable, all families together,
/// with the next flush, and the Raft log replays the rest. Every user holds a counted reference,
/// and [#close()] waits until the last is gone, because a native call on a closed database crashes
/// the process. Any thread; [#write(WriteBatch)] has a single writer, the thread `apply`.
public final class StateDb implements AutoCloseable {
  /// Handles are in the order of [DbFiles#families()]: RocksDB's default family comes first.
  private static final int FIRST_FAMILY = 1;

  /// The file without which there is no database.
  private static final String CURRENT = "CURRENT";

  private final RocksDB db;
  private final DbFiles files;
  private final List<ColumnFamilyHandle> handles;
  private final Map<Family, ColumnFamilyHandle> families = new EnumMap<>(Family.class);
  private final WriteOptions noLog = new WriteOptions().setDisableWAL(true);
  private final AtomicLong references = new AtomicLong(1);
  private final CompletableFuture<Void> unused = new CompletableFuture<>();

  private StateDb(RocksDB db, DbFiles files, List<ColumnFamilyHandle> handles) {
    this.db = db;
    this.files = files;
    this.handles = handles;
    Family[] inOrder = Family.values();
    for (int i = 0; i < inOrder.length; i++) {
      families.put(inOrder[i], handles.get(FIRST_FAMILY + i));
    }
  }

  /// Opens or creates the database in `directory`. Throws [StoreUnusable] and leaves the files as
  /// they are if it cannot.
  public static StateDb open(Path directory, StateDbOptions options) {
    NativeLibrary.load(options.nativeLibraryDirectory());
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw unreadable(directory, e);
    }
    return open(directory, new DbFiles(new NativeMemory(options.nativeBudgetBytes())));
  }

  /// Opens the database in `directory`, which must exist, within the native memory of this one.
  /// Throws [StoreUnusable] likewise.
  public StateDb openBeside(Path directory) {
    if (!Files.exists(directory.resolve(CURRENT))) {
      throw new StoreUnusable(Reason.UNREADABLE, "there is no database in " + directory);
    }
    return open(directory, new DbFiles(files.memory().retained()));
  }

  private static StateDb open(Path directory, DbFiles files) {
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    RocksDB db;
    try {
      refuseUnknownFamilies(directory);
      db = RocksDB.open(files.options(), directory.toString(), files.families(), handles);
    } catch (RocksDBException e) {
      files.close();
      throw unusable(directory, e);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
    StateDb opened = new StateDb(db, files, handles);
    try {
      opened.refuseUnknownFormat(directory);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
    return opened;
  }

  /// A family this version does not know was made by a newer one; RocksDB would refuse it with a
  /// message that says less.
  static void refuseUnknownFamilies(Path directory) throws RocksDBException {
    if (!Files.exists(directory.resolve(CURRENT))) {
      return;
    }
    List<String> known = new ArrayList<>();
    known.add(new String(RocksDB.DEFAULT_COLUMN_FAMILY, StandardCharsets.UTF_8));
    for (Family family : Family.values()) {
      known.add(family.columnFamily());
    }
    try (Options options = new Options()) {
      for (byte[] name : RocksDB.listColumnFamilies(options, directory.toString())) {
        String family = new String(name, StandardCharsets.UTF_8);
        if (!known.contains(family)) {
          throw new StoreUnusable(
              Reason.NEWER_FORMAT, directory + " holds the unknown family " + family);
        }
      }
    }
  }

  private void refuseUnknownFormat(Path directory) {
    byte[] state = get(Family.META, KeyLayout.stateKey());
    if (state == null) {
      return;
    }
    int format = state.length == 0 ? 0 : state[0] & 0xff;
    if (format > StateRecord.FORMAT) {
      throw new StoreUnusable(
          Reason.NEWER_FORMAT,
          directory + " has format " + format + ", this version knows " + StateRecord.FORMAT);
    }
    try {
      StateRecord.parse(state);
    } catch (StorageFailure e) {
      throw new StoreUnusable(Reason.UNREADABLE, directory + " has a damaged state record", e);
    }
  }

  static StoreUnusable unreadable(Path directory, IOException e) {
    return new StoreUnusable(Reason.UNREADABLE, "cannot use " + directory + ": " + e, e);
  }

  static StoreUnusable unusable(Path directory, RocksDBException e) {
    String message = String.valueOf(e.getMessage());
    Reason reason = Reason.UNREADABLE;
    if (message.contains("LOCK")) {
      reason = Reason.LOCKED;
    } else if (StorageFailure.kindOf(e) == StorageFailure.Kind.DISK_FULL) {
      reason = Reason.DISK_FULL;
    }
    return new StoreUnusable(reason, "cannot open " + directory + ": " + message, e);
  }

  /// Adds a reference; each must be given back by [#release()].
  public void retain() {
    long count = references.get();
    while (count > 0) {
      if (references.compareAndSet(count, count + 1)) {
        return;
      }
      count = references.get();
    }
    throw new IllegalStateException("the store is closed");
  }

  public void release() {
    long left = references.decrementAndGet();
    Invariant.check(left >= 0, "references of the state database fell to %d", left);
    if (left == 0) {
      unused.complete(null);
    }
  }

  byte @Nullable [] get(Family family, byte[] key) {
    try {
      return db.get(handle(family), key);
    } catch (RocksDBException e) {
      throw StorageFailure.of("read", e);
    }
  }

  byte @Nullable [] get(Family family, byte[] key, ReadOptions options) {
    try {
      return db.get(handle(family), options, key);
    } catch (RocksDBException e) {
      throw StorageFailure.of("read", e);
    }
  }

  /// Rows of `[from, end)` at `snapshot`, or newest if it is `null`.
  RowCursor scan(Family family, byte[] from, byte @Nullable [] end, @Nullable Snapshot snapshot) {
    return scan(family, from, end, snapshot, new ReadOptions());
  }

  /// Like [#scan], but the blocks it reads are not kept in the cache.
  RowCursor scanOnce(Family family, byte[] from, byte @Nullable [] end, Snapshot snapshot) {
    return scan(family, from, end, snapshot, new ReadOptions().setFillCache(false));
  }

  private RowCursor scan(
      Family family,
      byte[] from,
      byte @Nullable [] end,
      @Nullable Snapshot snapshot,
      ReadOptions options) {
    Slice upperBound = null;
    if (end != null) {
      upperBound = new Slice(KeyLayout.isBefore(from, end) ? end : from);
      options.setIterateUpperBound(upperBound);
    }
    if (snapshot != null) {
      options.setSnapshot(snapshot);
    }
    RocksIterator iterator = db.newIterator(handle(family), options);
    iterator.seek(from);
    return new DbCursor(iterator, options, upperBound);
  }

  /// A cursor on the newest row of `[from, end)` with the greatest key.
  RowCursor last(Family family, byte[] from, byte[] end) {
    Slice lowerBound = new Slice(from);
    Slice upperBound = new Slice(end);
    ReadOptions options =
        new ReadOptions().setIterateLowerBound(lowerBound).setIterateUpperBound(upperBound);
    RocksIterator iterator = db.newIterator(handle(family), options);
    iterator.seekToLast();
    return new DbCursor(iterator, options, lowerBound, upperBound);
  }

  /// The newest published state of everything written so far. The caller closes it.
  public SnapshotView snapshot() {
    return new SnapshotView(this, db.getSnapshot());
  }

  /// Bytes in the block cache, memtables included.
  long cachedBytes() {
    return files.cachedBytes();
  }

  void releaseSnapshot(Snapshot snapshot) {
    db.releaseSnapshot(snapshot);
  }

  ColumnFamilyHandle handle(Family family) {
    return requireNonNull(families.get(family));
  }

  /// Writes all rows of `batch` atomically. Visible on return, durable after the next flush.
  void write(WriteBatch batch) {
    try {
      db.write(noLog, batch);
    } catch (RocksDBException e) {
      throw StorageFailure.of("write", e);
    }
  }

  /// Makes everything written before the call durable, all families at one batch boundary.
  public void flush() {
    try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
      db.flush(options, handles);
    } catch (RocksDBException e) {
      throw StorageFailure.of("flush", e);
    }
  }

  /// Drops the files that hold nothing but history below main revision `main`. Ignores snapshots
  /// and takes effect at once, also over a crash: whatever says that those rows are dead must have
  /// been flushed before (mvcc.md §11.1).
  public void dropHistoryFilesBelow(long main) {
    List<byte[]> range = List.of(KeyLayout.historyKey(0, 0), KeyLayout.historyKey(main, 0));
    try {
      db.deleteFilesInRanges(handle(Family.HISTORY), range, false);
    } catch (RocksDBException e) {
      throw StorageFailure.of("drop history files", e);
    }
  }

  /// Rewrites all files so that no dead row takes space any more; history below main revision
  /// `main` is dead. Costs a pass over everything.
  public void rewriteFiles(long main) {
    try {
      if (main > 0) {
        db.deleteRange(
            handle(Family.HISTORY),
            noLog,
            KeyLayout.historyKey(0, 0),
            KeyLayout.historyKey(main, 0));
      }
      for (Family family : Family.values()) {
        db.compactRange(handle(family));
      }
    } catch (RocksDBException e) {
      throw StorageFailure.of("compact files", e);
    }
  }

  /// Hard-links the current state, memtables flushed, into `directory`, which must not exist.
  public void checkpoint(Path directory) {
    try (Checkpoint checkpoint = Checkpoint.create(db)) {
      checkpoint.createCheckpoint(directory.toString());
    } catch (RocksDBException e) {
      throw StorageFailure.of("checkpoint", e);
    }
  }

  /// Bytes of all table files that readers or the newest version still need.
  public long fileBytes() {
    try {
      long bytes = 0;
      for (ColumnFamilyHandle family : handles) {
        bytes += db.getLongProperty(family, "rocksdb.total-sst-files-size");
      }
      return bytes;
    } catch (RocksDBException e) {
      throw StorageFailure.of("size", e);
    }
  }

  /// Waits for the last reference to go, then closes without writing anything: what was not flushed
  /// is replayed from the Raft log.
  @Override
  public void close() {
    release();
    unused.join();
    closeUnused();
  }

  /// Closes as [#close()] does, but on `closer`, once the last reference has gone; does not wait.
  public CompletableFuture<Void> closeLater(Executor closer) {
    release();
    return unused.thenRunAsync(this::closeUnused, closer);
  }

  private void closeUnused() {
    for (ColumnFamilyHandle handle : handles) {
      handle.close();
    }
    db.close();
    noLog.close();
    files.close();
  }
}
