package io.kvorum.mvcc;

/// The field a range answer is sorted by (etcd API: RangeRequest.SortTarget).
public enum SortTarget {
  KEY,
  VERSION,
  CREATE,
  MOD,
  VALUE
}
