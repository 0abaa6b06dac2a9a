package io.kvorum.raft.log;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.log.EntryIndex.FrameAt;
import io.kvorum.raft.log.LogRecord.MarkerMode;
import io.kvorum.raft.log.SegmentReader.Found;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One pass over all segments, first to last, that changes nothing: what the log says, where it
/// ends, and from where on its frames may exist in the page cache only (raft.md 3.4, W9).
///
/// Only one frame is in memory at a time.
final class LogScan {
  private final LogFiles files;
  private final List<SegmentHeader> headers;
  private final LogContents contents;
  private final EntryIndex index = new EntryIndex();
  private final Deque<Position> unsynced = new ArrayDeque<>();
  private Position end;
  private long syncedSequence;
  private boolean isClosed;
  private boolean hasRemains;
  private long remainsEnd;

  /// A place between two frames.
  ///
  /// @param sequence of the frame after it
  /// @param chain the value of the frame before it
  record Position(long offset, long sequence, int chain) {
    static Position startOf(SegmentHeader header) {
      return new Position(SegmentHeader.BYTES, header.firstSequence(), header.start().chain());
    }
  }

  private LogScan(LogFiles files, List<SegmentHeader> headers) {
    this.files = files;
    this.headers = headers;
    this.contents = new LogContents(headers.getFirst().previous());
    this.end = Position.startOf(headers.getFirst());
  }

  /// Scans the segments with these headers, to the end of the last one.
  static LogScan all(LogFiles files, List<SegmentHeader> headers) throws IOException {
    return before(files, headers, Long.MAX_VALUE);
  }

  /// Scans up to this offset of the last segment, where a frame ends.
  static LogScan before(LogFiles files, List<SegmentHeader> headers, long lastEnd)
      throws IOException {
    LogScan scan = new LogScan(files, headers);
    for (int i = 0; i < headers.size(); i++) {
      boolean isLast = i == headers.size() - 1;
      scan.segment(headers.get(i), isLast ? lastEnd : headers.get(i + 1).start().previousEnd());
    }
    return scan;
  }

  LogContents contents() {
    return contents;
  }

  EntryIndex index() {
    return index;
  }

  SegmentHeader lastHeader() {
    return headers.getLast();
  }

  /// Where the next frame goes: after the last good one.
  Position end() {
    return end;
  }

  /// Whether the last frame says that the log was closed on purpose.
  boolean isClosed() {
    return isClosed;
  }

  /// Where the first frame begins that may not be on the disk; [#end] if all are. After a clean
  /// close that is the close frame at most: everything else was synced before it was written.
  Position firstUnsynced() {
    return unsynced.isEmpty() ? end : unsynced.getFirst();
  }

  /// Whether something other than zeros follows the last good frame.
  boolean hasRemains() {
    return hasRemains;
  }

  /// Copies those remains aside.
  void copyRemains() throws IOException {
    try (SegmentReader reader = SegmentReader.open(files, lastHeader().number())) {
      new TornTail(reader, end.offset(), end.sequence()).copyTo(files, remainsEnd);
    }
  }

  private void segment(SegmentHeader header, long segmentEnd) throws IOException {
    String name = SegmentName.of(header.number());
    Position start = Position.startOf(header);
    if (start.sequence() != end.sequence() || start.chain() != end.chain()) {
      throw UnusableLogException.corrupt(name, "it does not continue the segment before it");
    }
    if (!header.previous().equals(contents.last())) {
      throw UnusableLogException.corrupt(
          name, "it follows entry %s, not %s".formatted(contents.last(), header.previous()));
    }
    unsynced.clear();
    syncedSequence = Math.max(syncedSequence, header.syncedSequence());
    end = start;
    try (SegmentReader reader = SegmentReader.open(files, header.number())) {
      frames(reader, segmentEnd);
    }
  }

  private void frames(SegmentReader reader, long segmentEnd) throws IOException {
    while (end.offset() < segmentEnd) {
      switch (reader.at(end.offset())) {
        case Found.Frame frame -> frame(reader, frame);
        case Found.NoFrame _ -> {
          endOfFrames(reader, segmentEnd);
          return;
        }
      }
    }
    if (end.offset() > segmentEnd) {
      throw corrupt(reader, "a batch crosses the end of the segment");
    }
  }

  private void frame(SegmentReader reader, Found.Frame frame) throws IOException {
    if (!frame.isSuccessorOf(end.chain(), end.sequence())) {
      throw corrupt(
          reader, "batch %d is not the one after %d".formatted(frame.sequence(), end.sequence()));
    }
    syncedSequence = Math.max(syncedSequence, frame.syncedSequence());
    isClosed = false;
    take(reader, frame);
    unsynced.addLast(end);
    while (!unsynced.isEmpty() && unsynced.getFirst().sequence() <= syncedSequence) {
      unsynced.removeFirst();
    }
    end = new Position(frame.end(), frame.sequence() + 1, frame.chain());
  }

  private void endOfFrames(SegmentReader reader, long segmentEnd) throws IOException {
    if (segmentEnd != Long.MAX_VALUE) {
      throw corrupt(reader, "a batch is damaged, and a later segment exists");
    }
    remainsEnd = new TornTail(reader, end.offset(), end.sequence()).judge();
    hasRemains = remainsEnd > end.offset();
  }

  private void take(SegmentReader reader, Found.Frame frame) throws IOException {
    RecordReader records = new RecordReader(frame.records(), where(reader));
    FrameAt place = new FrameAt(reader.header().number(), Math.toIntExact(end.offset()));
    long first = 0;
    while (records.hasNext()) {
      LogRecord record = records.next();
      String problem = take(record);
      if (problem != null) {
        throw corrupt(reader, problem);
      }
      if (record instanceof LogRecord.EntryAt(EntryId id, _, _) && first == 0) {
        first = id.index();
      }
    }
    if (first > 0) {
      index.note(place, first, contents.last().index());
    }
  }

  private @Nullable String take(LogRecord record) {
    return switch (record) {
      case LogRecord.State(var state) -> contents.take(state);
      case LogRecord.EntryAt(var id, var kind, _) -> contents.take(id, kind);
      case LogRecord.Marker(var marker, var mode) -> {
        if (mode == MarkerMode.REPLACED) {
          index.clear();
        }
        yield contents.take(marker, mode);
      }
      case LogRecord.CleanClose _ -> {
        isClosed = true;
        yield null;
      }
    };
  }

  private UnusableLogException corrupt(SegmentReader reader, String what) {
    return UnusableLogException.corrupt(where(reader), what);
  }

  private String where(SegmentReader reader) {
    return reader.name() + " at " + end.offset();
  }
}
