package io.kvorum.raft.log;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.log.SegmentReader.Found;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/// One read of a range of entries from the disk, every frame verified. Used by any thread; it opens
/// the segments it needs for itself, so it neither disturbs the writer nor is disturbed by a drop.
final class EntryReader {
  private final LogFiles files;
  private final EntryIndex.View view;
  private final List<Entry> entries = new ArrayList<>();
  private long next;
  private long budgetBytes;

  EntryReader(LogFiles files, EntryIndex.View view) {
    this.files = files;
    this.view = view;
  }

  List<Entry> read(long fromIndex, long toIndexExclusive, long maxBytes) throws IOException {
    Invariant.check(
        fromIndex <= toIndexExclusive && toIndexExclusive <= view.lastIndex() + 1,
        "read of [%d, %d), the log ends with %d",
        fromIndex,
        toIndexExclusive,
        view.lastIndex());
    if (fromIndex < view.firstIndex()) {
      throw new DroppedEntriesException(fromIndex, view.firstIndex());
    }
    next = fromIndex;
    budgetBytes = maxBytes;
    while (next < toIndexExclusive && budgetBytes > 0) {
      int slot = view.slotOf(next);
      readSegment(slot, toIndexExclusive);
    }
    return List.copyOf(entries);
  }

  /// Reads on through all slots that lie in the segment of this one.
  private void readSegment(int firstSlot, long end) throws IOException {
    long segment = view.frame(firstSlot).segment();
    try (SegmentReader reader = SegmentReader.open(files, segment)) {
      while (next < end && budgetBytes > 0) {
        int slot = view.slotOf(next);
        if (view.frame(slot).segment() != segment) {
          return;
        }
        readSlot(reader, view.frame(slot).offset(), Math.min(end, view.endOf(slot)));
      }
    } catch (NoSuchFileException e) {
      DroppedEntriesException dropped = new DroppedEntriesException(next, next + 1);
      dropped.initCause(e);
      throw dropped;
    }
  }

  private void readSlot(SegmentReader reader, long offset, long end) throws IOException {
    long at = offset;
    while (next < end && budgetBytes > 0) {
      if (!(reader.at(at) instanceof Found.Frame frame)) {
        throw UnusableLogException.corrupt(reader.name() + " at " + at, "a batch does not verify");
      }
      RecordReader records = new RecordReader(frame.records(), reader.name() + " at " + at);
      while (records.hasNext() && next < end && budgetBytes > 0) {
        if (records.next() instanceof LogRecord.EntryAt entry && entry.id().index() == next) {
          take(entry.id(), entry);
        }
      }
      at = frame.end();
    }
  }

  private void take(EntryId id, LogRecord.EntryAt entry) {
    int bytes = entry.payload().remaining();
    if (bytes > budgetBytes && !entries.isEmpty()) {
      budgetBytes = 0;
      return;
    }
    entries.add(new Entry(id, entry.kind(), ByteString.copyFrom(entry.payload())));
    budgetBytes -= bytes;
    next++;
  }
}
