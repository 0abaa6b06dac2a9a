package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.AuthTable;
import io.kvorum.mvcc.rocks.HistoryEntry;
import io.kvorum.mvcc.rocks.HistoryGap;
import io.kvorum.mvcc.rocks.LeaseTable;
import io.kvorum.mvcc.rocks.MetaTable;
import io.kvorum.mvcc.rocks.StorageFailure;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One committed batch of log entries on its way into the store: all its changes in all families go
/// into a single atomic write (W2).
///
/// Its reads see the database plus everything this batch has changed so far. Owned by the thread
/// `apply`; at most one is open per store, and within it at most one [WriteTxn].
public final class ApplyBatch {
  private static final long FIRST_ENTRY = 2;

  private final MvccStore store;
  private final ApplierView view;
  private final ChangeCollector collected = new ChangeCollector();
  private @Nullable WriteTxn open;
  private boolean finished;

  ApplyBatch(MvccStore store, ApplierView view) {
    this.store = store;
    this.view = view;
  }

  /// The newest main revision, this batch's own included.
  public long head() {
    return view.totals.head;
  }

  /// The logical compacted revision, this batch's own compactions included.
  public long compactedRevision() {
    return view.totals.compacted;
  }

  /// Main revision of the newest delete, 0 if there was none.
  long newestDelete() {
    return view.totals.newestDelete;
  }

  /// Begins the changes of one command.
  public WriteTxn write() {
    checkBetweenTxns();
    WriteTxn txn = new WriteTxn(this, view.keys, view.totals.head + 1);
    open = txn;
    return txn;
  }

  /// A change of the open command is done.
  void changed(Change change) {
    collected.add(change);
    if (view.rows.pendingHistoryBytes() > store.options().earlyHistoryBytes()) {
      view.rows.writeHistoryEarly();
    }
  }

  /// Whether so much waits to be written that no further command should be added: commands may
  /// change much more than they carry.
  public boolean isLarge() {
    return view.rows.pendingBytes() > store.options().earlyHistoryBytes();
  }

  long ended(long revision, int changes) {
    open = null;
    if (changes > 0) {
      view.totals.head = revision;
      collected.endRevision(revision);
    }
    return view.totals.head;
  }

  /// Moves the logical compacted revision to `revision`, at once and without scanning; files and
  /// tombstones go later (mvcc.md §4, §11).
  public CompactOutcome compact(long revision) {
    checkBetweenTxns();
    if (revision <= view.totals.compacted) {
      return new CompactOutcome.Compacted(view.totals.compacted);
    }
    if (revision > view.totals.head) {
      return new CompactOutcome.Future(view.totals.head);
    }
    view.totals.compacted = revision;
    if (revision >= FIRST_ENTRY) {
      HistoryEntry last = view.rows.lastHistoryOf(revision);
      if (last == null) {
        throw StorageFailure.damaged("revision %d has no history", revision);
      }
      view.totals.historyBase = last.cum();
    }
    return new CompactOutcome.Done();
  }

  /// Stores a lease, new or changed.
  public void putLease(LeaseRecord lease) {
    checkOpen();
    if (LeaseTable.get(view.rows, lease.id()) == null) {
      view.totals.leases++;
    }
    LeaseTable.put(
        view.rows,
        new LeaseTable.Row(
            lease.id(), lease.ttlSeconds(), lease.remainingMillis(), lease.generation()));
  }

  /// Removes a lease whose keys have been deleted before. Does nothing if there is none.
  public void removeLease(long id) {
    checkOpen();
    if (LeaseTable.get(view.rows, id) != null) {
      view.totals.leases--;
      LeaseTable.remove(view.rows, id);
    }
  }

  public Optional<LeaseRecord> lease(long id) {
    checkOpen();
    LeaseTable.Row row = LeaseTable.get(view.rows, id);
    return row == null ? Optional.empty() : Optional.of(MvccStore.leaseOf(row));
  }

  /// The keys attached to a lease, ascending.
  public List<ByteString> attachedKeys(long leaseId) {
    checkOpen();
    return LeaseTable.attachedKeys(view.rows, leaseId).stream()
        .map(UnsafeByteOperations::unsafeWrap)
        .toList();
  }

  /// Stores a small replicated fact under its owner's name; never anything of one member only,
  /// since it is part of the hash of the whole store (H4).
  public void putMeta(String name, ByteString value) {
    checkOpen();
    MetaTable.put(view.rows, name, value.toByteArray());
  }

  public void removeMeta(String name) {
    checkOpen();
    MetaTable.remove(view.rows, name);
  }

  public Optional<ByteString> meta(String name) {
    checkOpen();
    return MvccStore.wrap(MetaTable.get(view.rows, name));
  }

  /// Stores a record of the auth store under a key of its own choice.
  public void putAuth(ByteString key, ByteString value) {
    checkOpen();
    AuthTable.put(view.rows, key.toByteArray(), value.toByteArray());
  }

  public void removeAuth(ByteString key) {
    checkOpen();
    AuthTable.remove(view.rows, key.toByteArray());
  }

  public Optional<ByteString> auth(ByteString key) {
    checkOpen();
    return MvccStore.wrap(AuthTable.get(view.rows, key.toByteArray()));
  }

  HeadKeys headKeys() {
    return view.headKeys();
  }

  PastKeys pastKeys(Revision end, Revision reached) {
    return new PastKeys(view.headKeys(), end, reached, view.totals.newestDelete);
  }

  void checkReadable(long revision) {
    if (revision > view.totals.head) {
      throw RevisionRefused.future(revision, view.totals.compacted);
    }
    if (revision < view.totals.compacted) {
      throw RevisionRefused.compacted(revision, view.totals.compacted);
    }
  }

  /// Runs a read of the applier's view. No compaction can overtake the applier, so a missing entry
  /// means a damaged disk.
  <T> T read(Supplier<T> body) {
    try {
      return body.get();
    } catch (HistoryGap gap) {
      throw StorageFailure.damaged("%s", String.valueOf(gap.getMessage()));
    }
  }

  /// Writes everything and makes it visible, together with the log position it came from. Returns
  /// the change sets in revision order, without those too large to be kept, which are read from
  /// history. Not durable before the next flush: the log replays.
  ///
  /// Throws [StorageFailure] if the disk failed; then nothing is published and the store must be
  /// closed.
  public List<ChangeSet> commit(long appliedIndex, long appliedTerm) {
    checkBetweenTxns();
    finished = true;
    store.commit(view.totals, appliedIndex, appliedTerm);
    return collected.sets();
  }

  /// Forgets all changes of this batch.
  public void abandon() {
    checkOpen();
    finished = true;
    store.abandon();
  }

  private void checkBetweenTxns() {
    checkOpen();
    Invariant.check(open == null, "a transaction is still open");
  }

  private void checkOpen() {
    Invariant.check(!finished, "the batch is finished");
    store.checkApplyThread();
  }
}
