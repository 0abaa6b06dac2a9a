package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.StoredRecord;

/// What a range request asks for, apart from the revision (etcd API: KV.Range).
///
/// @param limit most keys to return; 0 or less is no limit
/// @param minModRevision keys outside these four inclusive bounds are left out; 0 switches a bound
///   off, a negative bound is a bound
public record RangeQuery(
    KeyRange range,
    long limit,
    SortOrder order,
    SortTarget target,
    long minModRevision,
    long maxModRevision,
    long minCreateRevision,
    long maxCreateRevision,
    Projection projection) {

  /// Every key of `range` with its value, in key order.
  public static RangeQuery all(KeyRange range) {
    return new RangeQuery(range, 0, SortOrder.NONE, SortTarget.KEY, 0, 0, 0, 0, Projection.FULL);
  }

  public RangeQuery withRange(KeyRange other) {
    return new RangeQuery(
        other,
        limit,
        order,
        target,
        minModRevision,
        maxModRevision,
        minCreateRevision,
        maxCreateRevision,
        projection);
  }

  public RangeQuery withLimit(long keys) {
    return new RangeQuery(
        range,
        keys,
        order,
        target,
        minModRevision,
        maxModRevision,
        minCreateRevision,
        maxCreateRevision,
        projection);
  }

  public RangeQuery sorted(SortTarget by, SortOrder direction) {
    return new RangeQuery(
        range,
        limit,
        direction,
        by,
        minModRevision,
        maxModRevision,
        minCreateRevision,
        maxCreateRevision,
        projection);
  }

  public RangeQuery withModRevisions(long min, long max) {
    return new RangeQuery(
        range, limit, order, target, min, max, minCreateRevision, maxCreateRevision, projection);
  }

  public RangeQuery withCreateRevisions(long min, long max) {
    return new RangeQuery(
        range, limit, order, target, minModRevision, maxModRevision, min, max, projection);
  }

  public RangeQuery withProjection(Projection other) {
    return new RangeQuery(
        range,
        limit,
        order,
        target,
        minModRevision,
        maxModRevision,
        minCreateRevision,
        maxCreateRevision,
        other);
  }

  /// Whether one of the four bounds may leave keys out.
  public boolean isFiltered() {
    return minModRevision != 0
        || maxModRevision != 0
        || minCreateRevision != 0
        || maxCreateRevision != 0;
  }

  /// Whether a live record passes all four bounds.
  boolean passes(StoredRecord live) {
    return (minModRevision == 0 || live.modMain() >= minModRevision)
        && (maxModRevision == 0 || live.modMain() <= maxModRevision)
        && (minCreateRevision == 0 || live.createMain() >= minCreateRevision)
        && (maxCreateRevision == 0 || live.createMain() <= maxCreateRevision);
  }

  /// Whether the answer is in the order in which keys are stored.
  public boolean isInKeyOrder() {
    return target == SortTarget.KEY && order != SortOrder.DESCEND;
  }
}
