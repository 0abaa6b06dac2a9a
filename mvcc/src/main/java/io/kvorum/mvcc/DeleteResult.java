package io.kvorum.mvcc;

import java.util.List;

/// What a range delete removed.
///
/// @param previous the removed pairs in key order; empty unless they were asked for
public record DeleteResult(long count, List<KeyValue> previous) {
  public DeleteResult {
    previous = List.copyOf(previous);
  }
}
