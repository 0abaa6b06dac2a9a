package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A range answer in chunks, all at one revision, in key order: on a pinned state
/// ([ReadPoint#cursor]) or on the newest one of each moment ([ReadTxn#cursor]). What lies beyond
/// the first [#CACHED_BYTES] is not kept in the block cache. One thread at a time.
public final class RangeCursor {
  /// A small part of the cache; more than a page of keys.
  static final long CACHED_BYTES = 4 << 20;

  private final RangeQuery query;
  private final Source source;
  private KeyRange rest;
  private long left;
  private long readBytes;
  private boolean exhausted;
  private boolean cut;

  RangeCursor(RangeQuery query, Source source) {
    Invariant.check(query.isInKeyOrder(), "a cursor has key order, not %s", query.target());
    this.query = query;
    this.source = source;
    this.rest = query.range();
    this.left = query.limit() > 0 ? query.limit() : Long.MAX_VALUE;
    this.exhausted = rest.isEmpty() || query.projection() == Projection.COUNT_ONLY;
  }

  /// Where the chunks come from: always the same keys, whichever view they are read from.
  interface Source {
    <T> T reading(Caching caching, Function<KeySpace, T> body);
  }

  /// Whether all keys up to the limit have been returned.
  public boolean isExhausted() {
    return exhausted;
  }

  /// Whether the limit has cut off keys. Known once exhausted.
  public boolean more() {
    return cut;
  }

  /// Keys alive in the whole range, whatever the limit. The few hundred keys at its ends that are
  /// counted one by one are not kept in the cache: their values may be large.
  public long count() {
    RangeQuery counting = RangeQuery.all(query.range()).withProjection(Projection.COUNT_ONLY);
    return source.reading(Caching.PASSED, keys -> RangeReader.read(keys, counting)).count();
  }

  /// The next keys: at most `maxRows`, ended by the one that exceeds `maxBytes`, but at least one
  /// unless exhausted.
  public List<KeyValue> next(int maxRows, long maxBytes) {
    Invariant.check(maxRows > 0, "a chunk of %d rows", maxRows);
    if (exhausted) {
      return List.of();
    }
    Caching caching = readBytes < CACHED_BYTES ? Caching.KEPT : Caching.PASSED;
    return source.reading(caching, keys -> chunk(keys, maxRows, maxBytes));
  }

  private List<KeyValue> chunk(KeySpace keys, int maxRows, long maxBytes) {
    List<KeyValue> chunk = new ArrayList<>();
    long bytes = 0;
    KeyRange from = rest;
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
