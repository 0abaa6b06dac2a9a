package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The changes of one command: all get one main revision, in the order in which they are made.
///
/// Reads inside see everything before them, this command's own changes included. Owned by the
/// thread `apply`; ended exactly once, and with it the [ApplyBatch] goes on.
public final class WriteTxn {
  private static final int DELETE_SLICE_KEYS = 256;
  private static final long DELETE_SLICE_BYTES = 4L << 20;

  private final ApplyBatch batch;
  private final KeyChanges keys;
  private final long revision;
  private int changes;
  private boolean ended;

  WriteTxn(ApplyBatch batch, KeyChanges keys, long revision) {
    this.batch = batch;
    this.keys = keys;
    this.revision = revision;
  }

  /// Reads a range. Revision 0 sees this command's own changes; an explicit revision is read from
  /// the past and never does, also when it is the head (mvcc.md §4). A negative revision is
  /// compared as it is and then means the newest (a quirk of the API inside transactions).
  ///
  /// Throws [RevisionRefused] for a revision that is compacted or above the head before this
  /// command.
  public RangeResult range(RangeQuery query, long atRevision) {
    Revision end = rangeEnd(atRevision);
    KeySpace space = atRevision <= 0 ? batch.headKeys() : batch.pastKeys(end, nextRevision());
    return batch.read(() -> RangeReader.read(space, query));
  }

  /// The first change that [#range] at this revision does not see now. [ReadTxn#before] it, the
  /// range answers the same once the batch is committed. Throws as [#range] does.
  public Revision rangeEnd(long atRevision) {
    checkOpen();
    if (atRevision != 0) {
      batch.checkReadable(atRevision);
    }
    return atRevision <= 0 ? nextRevision() : Revision.endOf(atRevision);
  }

  /// The live pair of a key, this command's own changes included.
  public Optional<KeyValue> get(ByteString key) {
    checkOpen();
    StoredRecord live = keys.live(key);
    return live == null ? Optional.empty() : Optional.of(KeyValue.of(key, live));
  }

  /// The main revision that the changes of this command get.
  public long revision() {
    return revision;
  }

  public boolean hasChanges() {
    return changes > 0;
  }

  /// Puts a key and attaches it to `lease`, or to none if that is 0. Returns the live pair it
  /// replaced.
  public Optional<KeyValue> put(ByteString key, ByteString value, long lease) {
    checkOpen();
    KeyChanges.Outcome outcome = keys.put(key, value, lease, nextRevision());
    return note(outcome);
  }

  /// Deletes the live keys of a range, ascending; `withPrevious` asks for the pairs removed.
  public DeleteResult deleteRange(KeyRange range, boolean withPrevious) {
    checkOpen();
    List<KeyValue> previous = new ArrayList<>();
    long count = 0;
    if (range.isSingleKey()) {
      StoredRecord live = keys.live(range.start());
      if (live != null) {
        count = delete(range.startBytes(), live, withPrevious, previous);
      }
      return new DeleteResult(count, previous);
    }
    KeyRange rest = range;
    List<LiveKey> slice = nextLiveKeys(rest);
    while (!slice.isEmpty()) {
      for (LiveKey next : slice) {
        count += delete(next.key(), next.live(), withPrevious, previous);
      }
      rest = rest.after(ByteString.copyFrom(slice.getLast().key()));
      slice = nextLiveKeys(rest);
    }
    return new DeleteResult(count, previous);
  }

  private int delete(byte[] key, StoredRecord live, boolean withPrevious, List<KeyValue> previous) {
    Optional<KeyValue> removed = note(keys.delete(key, live, nextRevision()));
    if (withPrevious) {
      removed.ifPresent(previous::add);
    }
    return 1;
  }

  /// A row of `latest`, held while the cursor that found it is closed for the changes that follow.
  @SuppressWarnings("ArrayRecordComponent") // never compared, lives for one slice
  private record LiveKey(byte[] key, StoredRecord live) {}

  private List<LiveKey> nextLiveKeys(KeyRange range) {
    List<LiveKey> slice = new ArrayList<>();
    if (range.isEmpty()) {
      return slice;
    }
    try (LiveRows rows = batch.headKeys().rows(range)) {
      long bytes = 0;
      while (slice.size() < DELETE_SLICE_KEYS && bytes < DELETE_SLICE_BYTES && rows.next()) {
        StoredRecord live = rows.record();
        slice.add(new LiveKey(rows.key(), live));
        bytes += live.encodedSize();
      }
    }
    return slice;
  }

  private Revision nextRevision() {
    return new Revision(revision, changes);
  }

  private Optional<KeyValue> note(KeyChanges.Outcome outcome) {
    changes++;
    batch.changed(outcome.change());
    StoredRecord replaced = outcome.replaced();
    return replaced == null
        ? Optional.empty()
        : Optional.of(KeyValue.of(outcome.change().keyValue().key(), replaced));
  }

  /// Ends the command. Returns the new head if anything changed, else the head as it was.
  public long end() {
    checkOpen();
    ended = true;
    return batch.ended(revision, changes);
  }

  private void checkOpen() {
    Invariant.check(!ended, "the transaction of revision %d has ended", revision);
  }
}
