package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A range answer in chunks, all at one revision, in key order. One thread at a time.
///
/// A cursor of its own ([ReadTxn#cursor]) holds no snapshot between chunks: each takes the newest
/// state and reads the same revision from it (mvcc.md §5), so a slow consumer costs nothing, and
/// may be refused with [RevisionRefused] once a compaction has passed it by. One on a transaction
/// ([ReadTxn#pinnedCursor]) reads that transaction's state and is never passed by at its head.
///
/// A pass over much data would fill the block cache with what nobody reads again, so what lies
/// beyond the first [#CACHED_BYTES] is read once and not kept.
public final class RangeCursor {
  /// A small part of the cache; more than a page of keys.
  static final long CACHED_BYTES = 4 << 20;

  private final MvccStore store;

  /// The transaction it reads from; null if it takes one for each chunk.
  private final @Nullable ReadTxn pinned;

  private final RangeQuery query;
  private final long revision;
  private KeyRange rest;
  private long left;
  private long readBytes;
  private boolean exhausted;
  private boolean cut;

  RangeCursor(MvccStore store, @Nullable ReadTxn pinned, RangeQuery query, long revision) {
    Invariant.check(query.isInKeyOrder(), "a cursor has key order, not %s", query.target());
    this.store = store;
    this.pinned = pinned;
    this.query = query;
    this.revision = revision;
    this.rest = query.range();
    this.left = query.limit() > 0 ? query.limit() : Long.MAX_VALUE;
    this.exhausted = rest.isEmpty() || query.projection() == Projection.COUNT_ONLY;
  }

  /// The revision all chunks are read at.
  public long revision() {
    return revision;
  }

  /// Whether all keys up to the limit have been returned.
  public boolean isExhausted() {
    return exhausted;
  }

  /// Whether the limit has cut off keys. Known once exhausted.
  public boolean more() {
    return cut;
  }

  /// Keys alive in the whole range at this revision, whatever the limit.
  public long count() {
    return reading(txn -> txn.count(query.range(), revision));
  }

  /// The next keys: at most `maxRows`, ended by the one that exceeds `maxBytes`, but at least one
  /// unless exhausted.
  public List<KeyValue> next(int maxRows, long maxBytes) {
    Invariant.check(maxRows > 0, "a chunk of %d rows", maxRows);
    if (exhausted) {
      return List.of();
    }
    return reading(txn -> txn.guarded(revision, () -> chunk(txn, maxRows, maxBytes)));
  }

  private <T> T reading(Function<ReadTxn, T> body) {
    if (pinned != null) {
      return body.apply(pinned);
    }
    try (ReadTxn txn = store.read()) {
      return body.apply(txn);
    }
  }

  private List<KeyValue> chunk(ReadTxn txn, int maxRows, long maxBytes) {
    List<KeyValue> chunk = new ArrayList<>();
    long bytes = 0;
    KeyRange from = rest;
    KeySpace keys = readBytes < CACHED_BYTES ? txn.keysAt(revision) : txn.keysOnceAt(revision);
    try (LiveRows rows = keys.rows(from)) {
      while (rows.next()) {
        if (query.isFiltered() && !query.passes(rows.record())) {
          continue;
        }
        if (left == 0) {
          cut = true;
          exhausted = true;
          return chunk;
        }
        if (chunk.size() == maxRows || (bytes >= maxBytes && !chunk.isEmpty())) {
          return chunk;
        }
        // Not before it is needed: a value may be large, and the next chunk reads it again.
        StoredRecord live = rows.record();
        chunk.add(project(rows.key(), live));
        long size = rows.key().length + (long) live.valueSize();
        bytes += size;
        readBytes += size;
        left--;
        rest = from.after(ByteString.copyFrom(rows.key()));
      }
    }
    exhausted = true;
    return chunk;
  }

  private KeyValue project(byte[] key, StoredRecord live) {
    KeyValue kv = KeyValue.of(key, live);
    return query.projection() == Projection.KEYS_ONLY ? kv.keyOnly() : kv;
  }
}
