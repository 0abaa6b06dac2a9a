package io.kvorum.mvcc.rocks;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/// The rows the current batch of log entries wants to write, laid over the database: the applier's
/// view of every family (mvcc.md §4). Owned by the thread `apply`; reused from batch to batch.
///
/// History rows may be written early, before the rest of the batch, when they grow too large to
/// hold (W3). They are above the published head and therefore invisible to every reader.
public final class StateBatch implements StateView, AutoCloseable {
  /// Stands for a pending removal; compared by identity.
  private static final byte[] REMOVED = new byte[0];

  private final StateDb db;
  private final Map<Family, NavigableMap<byte[], byte[]>> pending = new EnumMap<>(Family.class);
  private final WriteBatch rows = new WriteBatch();
  private long pendingBytes;
  private long pendingHistoryBytes;
  private byte @Nullable [] firstEarlyKey;
  private byte @Nullable [] lastEarlyKey;

  public StateBatch(StateDb db) {
    db.retain();
    this.db = db;
    for (Family family : Family.values()) {
      pending.put(family, new TreeMap<>(Arrays::compareUnsigned));
    }
  }

  private NavigableMap<byte[], byte[]> pending(Family family) {
    return requireNonNull(pending.get(family));
  }

  @SuppressWarnings("ReferenceEquality") // REMOVED is its own identity
  static boolean isRemoved(byte[] pendingValue) {
    return pendingValue == REMOVED;
  }

  @Override
  public byte @Nullable [] get(Family family, byte[] key) {
    byte[] value = pending(family).get(key);
    if (value == null) {
      return db.get(family, key);
    }
    return isRemoved(value) ? null : value;
  }

  @Override
  public RowCursor scan(Family family, byte[] from, byte @Nullable [] end) {
    if (!KeyLayout.isBefore(from, end)) {
      return db.scan(family, from, from, null);
    }
    NavigableMap<byte[], byte[]> above = pending(family).tailMap(from, true);
    NavigableMap<byte[], byte[]> overlay = end == null ? above : above.headMap(end, false);
    RowCursor stored = db.scan(family, from, end, null);
    return overlay.isEmpty() ? stored : new OverlayCursor(stored, overlay.entrySet().iterator());
  }

  /// The last history entry of main revision `main`, or `null` if it has none.
  public @Nullable HistoryEntry lastHistoryOf(long main) {
    byte[] from = KeyLayout.historyKey(main, 0);
    byte[] end = KeyLayout.historyKey(main + 1, 0);
    Map.Entry<byte[], byte[]> row = pending(Family.HISTORY).lowerEntry(end);
    if (row != null && !KeyLayout.isBefore(row.getKey(), from)) {
      return HistoryEntry.parse(row.getKey(), row.getValue());
    }
    try (RowCursor last = db.last(Family.HISTORY, from, end)) {
      return last.isValid() ? HistoryEntry.parse(last.key(), last.value()) : null;
    }
  }

  /// Sets a row. The arrays must not change afterwards.
  public void put(Family family, byte[] key, byte[] value) {
    pending(family).put(key, value);
    int bytes = key.length + value.length;
    pendingBytes += bytes;
    if (family == Family.HISTORY) {
      pendingHistoryBytes += bytes;
    }
  }

  public void remove(Family family, byte[] key) {
    pending(family).put(key, REMOVED);
    pendingBytes += key.length;
  }

  /// Bytes of the rows that wait to be written, of all families; a row set twice counts twice.
  public long pendingBytes() {
    return pendingBytes;
  }

  public long pendingHistoryBytes() {
    return pendingHistoryBytes;
  }

  /// Writes the pending history rows ahead of the rest of the batch (W3). After a crash the replay
  /// writes them again.
  public void writeHistoryEarly() {
    NavigableMap<byte[], byte[]> history = pending(Family.HISTORY);
    if (history.isEmpty()) {
      return;
    }
    if (firstEarlyKey == null) {
      firstEarlyKey = history.firstKey();
    }
    lastEarlyKey = history.lastKey();
    collect(Family.HISTORY);
    writeCollected();
    history.clear();
    pendingBytes -= pendingHistoryBytes;
    pendingHistoryBytes = 0;
  }

  /// Writes everything pending and `state` atomically; returns the bytes written.
  public long write(StateRecord state) {
    put(Family.META, KeyLayout.stateKey(), state.encode());
    for (Family family : Family.values()) {
      collect(family);
    }
    long bytes = writeCollected();
    forgetPending();
    return bytes;
  }

  private void collect(Family family) {
    try {
      for (Map.Entry<byte[], byte[]> row : pending(family).entrySet()) {
        if (isRemoved(row.getValue())) {
          rows.delete(db.handle(family), row.getKey());
        } else {
          rows.put(db.handle(family), row.getKey(), row.getValue());
        }
      }
    } catch (RocksDBException e) {
      throw StorageFailure.of("collect", e);
    }
  }

  private long writeCollected() {
    long bytes = rows.getDataSize();
    db.write(rows);
    rows.clear();
    return bytes;
  }

  /// Forgets everything pending. History rows already written early are removed again, so that a
  /// different batch with fewer changes cannot be followed by them.
  public void abandon() {
    rows.clear();
    byte[] first = firstEarlyKey;
    byte[] last = lastEarlyKey;
    forgetPending();
    if (first != null && last != null) {
      removeHistory(first, KeyLayout.successor(last));
    }
  }

  private void removeHistory(byte[] from, byte[] end) {
    try (RowCursor early = db.scan(Family.HISTORY, from, end, null)) {
      while (early.isValid()) {
        remove(Family.HISTORY, early.key());
        early.next();
      }
    }
    collect(Family.HISTORY);
    writeCollected();
    forgetPending();
  }

  private void forgetPending() {
    for (NavigableMap<byte[], byte[]> overlay : pending.values()) {
      overlay.clear();
    }
    pendingBytes = 0;
    pendingHistoryBytes = 0;
    firstEarlyKey = null;
    lastEarlyKey = null;
  }

  @Override
  public void close() {
    rows.close();
    db.release();
  }
}
