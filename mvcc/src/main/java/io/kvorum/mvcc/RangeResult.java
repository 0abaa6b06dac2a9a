package io.kvorum.mvcc;

import java.util.List;

/// The answer to a [RangeQuery].
///
/// @param more whether the limit has cut off keys that passed the filters
/// @param count keys alive in the whole range, whatever limit and filters left out
public record RangeResult(List<KeyValue> kvs, boolean more, long count) {
  public static final RangeResult EMPTY = new RangeResult(List.of(), false, 0);

  public RangeResult {
    kvs = List.copyOf(kvs);
  }
}
