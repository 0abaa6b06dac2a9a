package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/// Answers one range query on one [KeySpace] (etcd API: KV.Range): filters, then order, then limit,
/// then projection; the count ignores all four.
final class RangeReader {
  private static final Comparator<ByteString> BYTES =
      ByteString.unsignedLexicographicalComparator();

  private final KeySpace keys;
  private final RangeQuery query;

  private RangeReader(KeySpace keys, RangeQuery query) {
    this.keys = keys;
    this.query = query;
  }

  static RangeResult read(KeySpace keys, RangeQuery query) {
    return new RangeReader(keys, query).read();
  }

  private RangeResult read() {
    if (query.range().isEmpty()) {
      return RangeResult.EMPTY;
    }
    if (query.projection() == Projection.COUNT_ONLY) {
      return new RangeResult(List.of(), false, count());
    }
    if (query.range().isSingleKey()) {
      return readSingle();
    }
    if (query.isInKeyOrder()) {
      return readInKeyOrder();
    }
    return readSorted();
  }

  private long count() {
    if (query.range().isSingleKey()) {
      return keys.get(query.range().startBytes()).isPresent() ? 1 : 0;
    }
    return keys.count(query.range());
  }

  private RangeResult readSingle() {
    byte[] key = query.range().startBytes();
    Optional<StoredRecord> live = keys.get(key);
    if (live.isEmpty()) {
      return RangeResult.EMPTY;
    }
    if (!query.passes(live.get())) {
      return new RangeResult(List.of(), false, 1);
    }
    return new RangeResult(List.of(project(KeyValue.of(key, live.get()))), false, 1);
  }

  private RangeResult readInKeyOrder() {
    List<KeyValue> kvs = new ArrayList<>();
    long seen = 0;
    try (LiveRows rows = keys.rows(query.range())) {
      while (rows.next()) {
        seen++;
        StoredRecord live = rows.record();
        if (!query.passes(live)) {
          continue;
        }
        if (kvs.size() == limit()) {
          return new RangeResult(kvs, true, keys.count(query.range()));
        }
        kvs.add(project(KeyValue.of(rows.key(), live)));
      }
    }
    return new RangeResult(kvs, false, seen);
  }

  private long limit() {
    return query.limit() > 0 ? query.limit() : Long.MAX_VALUE;
  }

  /// Keeps no more than the limit while it scans.
  private RangeResult readSorted() {
    Comparator<KeyValue> order = order();
    PriorityQueue<KeyValue> best = new PriorityQueue<>(order.reversed());
    long candidates = 0;
    long seen = 0;
    boolean complete = true;
    try (LiveRows rows = keys.rows(query.range())) {
      while (rows.next()) {
        seen++;
        StoredRecord live = rows.record();
        if (!query.passes(live)) {
          continue;
        }
        candidates++;
        best.add(KeyValue.of(rows.key(), live));
        if (best.size() > limit()) {
          best.poll();
        }
        if (candidates > limit() && limitsBeforeSorting()) {
          complete = false;
          break;
        }
      }
    }
    KeyValue[] kvs = best.toArray(KeyValue[]::new);
    Arrays.sort(kvs, order);
    for (int i = 0; i < kvs.length; i++) {
      kvs[i] = project(kvs[i]);
    }
    long count = complete ? seen : keys.count(query.range());
    return new RangeResult(List.of(kvs), candidates > limit(), count);
  }

  /// A quirk of the API that clients may see: without an explicit order only the first limit + 1
  /// keys, by key, take part in the sort.
  private boolean limitsBeforeSorting() {
    return query.order() == SortOrder.NONE && !query.isFiltered();
  }

  /// By the target, then by key, so that answers are the same everywhere.
  private Comparator<KeyValue> order() {
    Comparator<KeyValue> byTarget =
        switch (query.target()) {
          case KEY -> Comparator.comparing(KeyValue::key, BYTES);
          case VERSION -> Comparator.comparingLong(KeyValue::version);
          case CREATE -> Comparator.comparingLong(KeyValue::createRevision);
          case MOD -> Comparator.comparingLong(KeyValue::modRevision);
          case VALUE -> Comparator.comparing(KeyValue::value, BYTES);
        };
    Comparator<KeyValue> directed =
        query.order() == SortOrder.DESCEND ? byTarget.reversed() : byTarget;
    return directed.thenComparing(KeyValue::key, BYTES);
  }

  private KeyValue project(KeyValue live) {
    if (query.projection() == Projection.FULL) {
      return live;
    }
    return query.target() == SortTarget.VALUE ? live.withoutValue() : live.keyOnly();
  }
}
