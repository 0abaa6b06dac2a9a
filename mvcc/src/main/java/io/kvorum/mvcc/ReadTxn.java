package io.kvorum.mvcc;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.HistoryGap;
import io.kvorum.mvcc.rocks.StorageFailure;
import java.util.function.Supplier;

/// Reads on one pinned state; later writes are invisible. Used by one thread at a time and closed
/// by its opener: it keeps a snapshot of the database alive, which must not last for long.
///
/// Revisions below the published compacted one are refused. A read that a compaction overtakes is
/// refused too; it never answers wrongly (R1, R2).
public final class ReadTxn implements AutoCloseable {
  private final MvccStore store;
  private final Pin pin;
  private boolean closed;

  ReadTxn(MvccStore store, Pin pin) {
    this.store = store;
    this.pin = pin;
  }

  /// The newest revision of the pinned state.
  public long head() {
    return pin.state().head();
  }

  /// The compacted revision as published now, which may be newer than the pinned state.
  public long compacted() {
    return store.compactedRevision();
  }

  /// Reads a range at `revision`; 0 or less is the newest of the pinned state, which is never
  /// refused. Throws [RevisionRefused].
  public RangeResult range(RangeQuery query, long revision) {
    KeySpace keys = keysAt(revision);
    return guarded(revision, () -> RangeReader.read(keys, query));
  }

  /// Keys alive in `range` at `revision`. Throws [RevisionRefused].
  public long count(KeyRange range, long revision) {
    return range(RangeQuery.all(range).withProjection(Projection.COUNT_ONLY), revision).count();
  }

  /// Like [#count], for a range of large values: the few hundred keys at its ends that are counted
  /// one by one are not kept in the cache.
  public long countOnce(KeyRange range, long revision) {
    KeySpace keys = keysOnceAt(revision);
    RangeQuery count = RangeQuery.all(range).withProjection(Projection.COUNT_ONLY);
    return guarded(revision, () -> RangeReader.read(keys, count)).count();
  }

  /// A pass over a range in key order, chunk by chunk, at the revision fixed now. It outlives this
  /// transaction. Throws [RevisionRefused].
  public RangeCursor cursor(RangeQuery query, long revision) {
    return new RangeCursor(store, null, query, fixedRevision(revision));
  }

  /// A pass like [#cursor], on this transaction's own state, which must stay open as long as it is
  /// used: for answers read twice that must not change in between.
  public RangeCursor pinnedCursor(RangeQuery query, long revision) {
    return new RangeCursor(store, this, query, fixedRevision(revision));
  }

  private long fixedRevision(long revision) {
    if (revision <= 0) {
      return head();
    }
    checkReadable(revision);
    return revision;
  }

  /// The changes from `fromRevision` on, whole revisions, at most `maxRows` rows and about
  /// `maxBytes` bytes, but at least one revision; empty above the head. Throws [RevisionRefused] if
  /// `fromRevision` is below the compacted revision; the events *of* that revision are kept.
  public HistorySlice history(long fromRevision, int maxRows, long maxBytes) {
    checkOpen();
    checkNotCompacted(fromRevision);
    HistorySlice slice =
        guarded(
            fromRevision,
            () -> new HistoryReader(pin.view(), head()).slice(fromRevision, maxRows, maxBytes));
    checkNotCompacted(fromRevision);
    return slice;
  }

  /// The hash of everything the API can see at `revision`; 0 or less is the head. Takes newer pins
  /// if a compaction overtakes it (H2). Throws [RevisionRefused].
  public HashResult hashKv(long revision) {
    checkOpen();
    return store.hashKv(revision <= 0 ? head() : revision);
  }

  /// The hash of the whole store: keys, leases, auth and other replicated facts; never 0.
  public int hash() {
    checkOpen();
    return store.hash();
  }

  KeySpace keysAt(long revision) {
    return keysAt(revision, pin().headKeys());
  }

  /// The keys for a pass over many of them: what it reads is not kept in the cache.
  KeySpace keysOnceAt(long revision) {
    return keysAt(revision, pin().headKeysOnce());
  }

  private KeySpace keysAt(long revision, HeadKeys headKeys) {
    if (revision <= 0) {
      return headKeys;
    }
    checkReadable(revision);
    return revision == head() ? headKeys : pin.pastKeys(headKeys, revision);
  }

  private void checkReadable(long revision) {
    checkOpen();
    if (revision > head()) {
      throw RevisionRefused.future(revision, store.compactedRevision());
    }
    checkNotCompacted(revision);
  }

  private void checkNotCompacted(long revision) {
    long compacted = store.compactedRevision();
    if (revision < compacted) {
      throw RevisionRefused.compacted(revision, compacted);
    }
  }

  /// Tells a read that a compaction has overtaken from a disk that has lost history.
  <T> T guarded(long revision, Supplier<T> body) {
    try {
      return body.get();
    } catch (HistoryGap gap) {
      checkNotCompacted(revision);
      throw StorageFailure.damaged("%s", String.valueOf(gap.getMessage()));
    }
  }

  Pin pin() {
    checkOpen();
    return pin;
  }

  private void checkOpen() {
    Invariant.check(!closed, "the read transaction is closed");
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      pin.release();
    }
  }
}
