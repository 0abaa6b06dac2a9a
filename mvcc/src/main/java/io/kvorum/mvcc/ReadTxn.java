package io.kvorum.mvcc;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.HistoryGap;
import io.kvorum.mvcc.rocks.StorageFailure;
import java.util.function.Function;
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

  /// The keys at `revision`; 0 or less is the newest of the pinned state, which is never refused.
  /// Throws [RevisionRefused].
  public ReadPoint at(long revision) {
    checkOpen();
    if (revision > 0) {
      checkReadable(revision);
    }
    return new ReadPoint(this, caching -> keysAt(revision, caching), revision);
  }

  /// The keys as they were just before a change: between two changes of one revision, too. Throws
  /// [RevisionRefused].
  public ReadPoint before(Revision change) {
    checkOpen();
    checkNotCompacted(change.main());
    boolean isHead = change.main() > head();
    return new ReadPoint(
        this,
        caching -> isHead ? pin.headKeys(caching) : pin.pastKeys(change, caching),
        change.main());
  }

  /// Reads a range at `revision`, as [#at] has it.
  public RangeResult range(RangeQuery query, long revision) {
    return at(revision).range(query);
  }

  /// Keys alive in `range` at `revision`, as [#at] has it.
  public long count(KeyRange range, long revision) {
    return at(revision).count(range);
  }

  /// A pass over a range in key order, chunk by chunk, at the revision fixed now; 0 or less is the
  /// head. It outlives this transaction and holds no snapshot between chunks: each takes the newest
  /// state and reads the same revision from it (mvcc.md §5), so a slow consumer costs nothing, and
  /// may be refused once a compaction has passed it by. Throws [RevisionRefused].
  public RangeCursor cursor(RangeQuery query, long revision) {
    if (revision > 0) {
      checkReadable(revision);
    }
    long fixed = revision > 0 ? revision : head();
    MvccStore newest = store;
    return new RangeCursor(
        query,
        new RangeCursor.Source() {
          @Override
          public <T> T reading(Caching caching, Function<KeySpace, T> body) {
            try (ReadTxn txn = newest.read()) {
              return txn.guarded(fixed, () -> body.apply(txn.keysAt(fixed, caching)));
            }
          }
        });
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
  /// if a compaction overtakes it (H2). Throws [RevisionRefused], or
  /// [java.util.concurrent.CancellationException] if its thread is interrupted.
  public HashResult hashKv(long revision) {
    checkOpen();
    return store.hashKv(revision <= 0 ? head() : revision);
  }

  /// The hash of the whole store: keys, leases, auth and other replicated facts; never 0.
  public int hash() {
    checkOpen();
    return store.hash();
  }

  private KeySpace keysAt(long revision, Caching caching) {
    checkOpen();
    if (revision > 0) {
      checkReadable(revision);
    }
    return revision <= 0 || revision == head()
        ? pin.headKeys(caching)
        : pin.pastKeys(Revision.endOf(revision), caching);
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
      store.readClosed();
    }
  }
}
