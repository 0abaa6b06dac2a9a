package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.StateView;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The newest record of each key, for the applier: from a bounded cache of hot keys, else from its
/// view (mvcc.md §10). Owned by the thread `apply`.
///
/// The cache is written through by every change and emptied when a batch is abandoned. It is never
/// needed for correctness; least recently used keys go first.
final class NewestRecords {
  private static final int ENTRY_OVERHEAD_BYTES = 256;
  private static final int CACHE_INITIAL_ENTRIES = 1024;
  private static final float LOAD_FACTOR = 0.75f;

  private final StateView view;
  private final RecordHash hash;
  private final long cacheBytes;
  private final LinkedHashMap<ByteString, Newest> cache =
      new LinkedHashMap<>(CACHE_INITIAL_ENTRIES, LOAD_FACTOR, true);
  private long cachedBytes;

  NewestRecords(StateView view, RecordHash hash, long cacheBytes) {
    this.view = view;
    this.hash = hash;
    this.cacheBytes = cacheBytes;
  }

  /// A key's newest record with its hash.
  ///
  /// @param record live, a tombstone, or `null` if the key was never there or its tombstone is
  ///   purged
  record Newest(@Nullable StoredRecord record, long hash) {
    static final Newest NONE = new Newest(null, 0);

    /// The record if the key is alive now.
    @Nullable StoredRecord live() {
      return record != null && record.isLive() ? record : null;
    }

    private long bytes(ByteString key) {
      return (long) ENTRY_OVERHEAD_BYTES + key.size() + (record == null ? 0 : record.encodedSize());
    }
  }

  Newest of(ByteString key, byte[] keyBytes) {
    Newest cached = cache.get(key);
    if (cached != null) {
      return cached;
    }
    StoredRecord record = load(keyBytes);
    Newest newest = record == null ? Newest.NONE : new Newest(record, hash.of(keyBytes, record));
    remember(key, newest);
    return newest;
  }

  private @Nullable StoredRecord load(byte[] key) {
    byte[] value = view.get(Family.LATEST, key);
    if (value == null) {
      value = view.get(Family.DELETED, key);
    }
    return value == null ? null : StoredRecord.parse(value);
  }

  /// Notes what a change made of a key.
  void remember(ByteString key, Newest newest) {
    Newest before = cache.put(key, newest);
    cachedBytes += newest.bytes(key) - (before == null ? 0 : before.bytes(key));
    if (cachedBytes > cacheBytes) {
      evict();
    }
  }

  private void evict() {
    Iterator<Map.Entry<ByteString, Newest>> eldestFirst = cache.entrySet().iterator();
    while (cachedBytes > cacheBytes && eldestFirst.hasNext()) {
      Map.Entry<ByteString, Newest> eldest = eldestFirst.next();
      cachedBytes -= eldest.getValue().bytes(eldest.getKey());
      eldestFirst.remove();
    }
  }

  void forget(ByteString key) {
    Newest before = cache.remove(key);
    if (before != null) {
      cachedBytes -= before.bytes(key);
    }
  }

  void clear() {
    cache.clear();
    cachedBytes = 0;
  }
}
