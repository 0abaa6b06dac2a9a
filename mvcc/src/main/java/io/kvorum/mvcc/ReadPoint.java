package io.kvorum.mvcc;

import java.util.function.Function;

/// The keys of a [ReadTxn] at one point of its past or at its head. Valid while the transaction is
/// open, and used by one thread at a time.
///
/// Every read may throw [RevisionRefused] once a compaction has passed the point; at the head of
/// the pinned state none does.
public final class ReadPoint {
  private final ReadTxn txn;
  private final Function<Caching, KeySpace> keys;
  private final long revision;

  /// @param revision the read is refused once this is compacted
  ReadPoint(ReadTxn txn, Function<Caching, KeySpace> keys, long revision) {
    this.txn = txn;
    this.keys = keys;
    this.revision = revision;
  }

  public RangeResult range(RangeQuery query) {
    return reading(Caching.KEPT, space -> RangeReader.read(space, query));
  }

  /// Keys alive in `range`.
  public long count(KeyRange range) {
    return range(RangeQuery.all(range).withProjection(Projection.COUNT_ONLY)).count();
  }

  /// A pass over a range in key order, chunk by chunk: for answers read twice that must not change
  /// in between.
  public RangeCursor cursor(RangeQuery query) {
    return new RangeCursor(
        query,
        new RangeCursor.Source() {
          @Override
          public <T> T reading(Caching caching, Function<KeySpace, T> body) {
            return ReadPoint.this.reading(caching, body);
          }
        });
  }

  private <T> T reading(Caching caching, Function<KeySpace, T> body) {
    return txn.guarded(revision, () -> body.apply(keys.apply(caching)));
  }
}
