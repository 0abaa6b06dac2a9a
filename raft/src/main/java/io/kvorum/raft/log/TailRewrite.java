package io.kvorum.raft.log;

import io.kvorum.raft.log.LogScan.Position;
import io.kvorum.raft.log.SegmentReader.Found;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/// Writes the end of the log once more, into a fresh segment that is synced before it has a name
/// (W9): frames found after a crash may be in the page cache only, and syncing the old file again
/// could report success without writing them.
///
/// A short last segment is rewritten whole and replaced by rename, so that crash after crash leaves
/// one small segment. A long one ends where its first unsynced frame begins, and the fresh segment
/// says so in its header.
final class TailRewrite {
  private static final String TEMPORARY = "rewrite" + SegmentName.TEMPORARY;

  private final LogFiles files;
  private final LogOptions options;
  private final List<SegmentHeader> headers;
  private final LogScan scan;
  private final FrameBuffer buffer = new FrameBuffer();

  TailRewrite(LogFiles files, LogOptions options, List<SegmentHeader> headers, LogScan scan) {
    this.files = files;
    this.options = options;
    this.headers = headers;
    this.scan = scan;
  }

  void run() throws IOException {
    if (scan.end().offset() <= options.firstSegmentBytes()) {
      replaceLast();
    } else {
      continueAfterLast();
    }
  }

  private void replaceLast() throws IOException {
    SegmentHeader old = scan.lastHeader();
    SegmentHeader fresh =
        new SegmentHeader(
            old.identity(),
            capacity(scan.end().offset()),
            old.number(),
            old.previous(),
            old.firstSequence(),
            scan.end().sequence() - 1,
            old.start());
    try (ActiveSegment segment = begin(fresh)) {
      copy(segment, Position.startOf(old));
      segment.publish(files, TEMPORARY);
    }
  }

  private void continueAfterLast() throws IOException {
    Position from = scan.firstUnsynced();
    LogContents before = LogScan.before(files, headers, from.offset()).contents();
    SegmentHeader old = scan.lastHeader();
    int junction = Math.toIntExact(from.offset());
    SegmentHeader fresh =
        new SegmentHeader(
            old.identity(),
            capacity(scan.end().offset() - from.offset()),
            old.number() + 1,
            before.last(),
            from.sequence(),
            scan.end().sequence(), // the opening frame comes on top
            new SegmentHeader.Junction(junction, from.chain()));
    try (ActiveSegment segment = begin(fresh)) {
      OpeningFrame.put(segment, before);
      copy(segment, from);
      segment.publish(files, TEMPORARY);
    }
    try (LogFile shortened = files.open(SegmentName.of(old.number()))) {
      shortened.truncate(junction); // gives back the space nobody will use
    }
  }

  private ActiveSegment begin(SegmentHeader fresh) throws IOException {
    LogFile blank = files.create(TEMPORARY);
    SegmentSupply.fillWithZeros(blank, fresh.capacity());
    return ActiveSegment.begin(blank, fresh, buffer);
  }

  /// Copies the records of all frames from here to the end, frame by frame.
  private void copy(ActiveSegment target, Position from) throws IOException {
    try (SegmentReader reader = SegmentReader.open(files, scan.lastHeader().number())) {
      long at = from.offset();
      while (at < scan.end().offset()) {
        if (!(reader.at(at) instanceof Found.Frame frame)) {
          throw UnusableLogException.corrupt(reader.name() + " at " + at, "it changed while read");
        }
        ByteBuffer records = target.startFrame(frame.payloadBytes());
        records.put(frame.records());
        target.finishFrame();
        target.flush();
        at = frame.end();
      }
    }
  }

  private int capacity(long usedBytes) {
    long room = SegmentHeader.BYTES + usedBytes + options.firstSegmentBytes();
    return Math.toIntExact(FrameLayout.nextSector(room));
  }
}
