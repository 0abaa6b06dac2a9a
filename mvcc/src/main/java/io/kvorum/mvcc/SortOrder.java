package io.kvorum.mvcc;

/// Direction in which a range answer is sorted (etcd API: RangeRequest.SortOrder).
public enum SortOrder {
  /// Key order, unless the target is another field: then ascending, with the limit applied first.
  NONE,
  ASCEND,
  DESCEND
}
