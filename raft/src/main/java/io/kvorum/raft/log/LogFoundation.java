package io.kvorum.raft.log;

import io.kvorum.raft.Ballot;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.HardState;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.LogRecord.MarkerMode;
import io.kvorum.raft.log.UnusableLogException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/// Makes the first segment of a new log. The segment gets its name last: a log that has it is
/// complete, and a crash before leaves nothing that could be mistaken for a log.
final class LogFoundation {
  private static final String TEMPORARY = "first" + SegmentName.TEMPORARY;

  private LogFoundation() {}

  static void lay(LogFiles files, LogIdentity identity, LogOptions options, SnapshotMarker founding)
      throws IOException {
    if (!LogRecovery.segmentNumbers(files).isEmpty()) {
      throw new UnusableLogException(Reason.EXISTS, "there is a log in the log directory already");
    }
    for (String name : files.list()) {
      if (name.endsWith(SegmentName.TEMPORARY)) {
        files.delete(name);
      }
    }
    new BootEpoch(files, identity.logId()).create();
    SegmentHeader header =
        new SegmentHeader(
            identity,
            options.firstSegmentBytes(),
            1,
            EntryId.NONE,
            1,
            1,
            SegmentHeader.Junction.NONE);
    LogFile blank = files.create(TEMPORARY);
    SegmentSupply.fillWithZeros(blank, header.capacity());
    try (ActiveSegment segment = ActiveSegment.begin(blank, header, new FrameBuffer())) {
      putFounding(segment, founding);
      segment.publish(files, TEMPORARY);
    }
  }

  private static void putFounding(ActiveSegment segment, SnapshotMarker founding) {
    HardState state =
        new HardState(new Ballot(founding.id().term(), Optional.empty()), founding.id().index());
    MarkerMode mode = new LogContents(EntryId.NONE).modeOf(founding);
    ByteBuffer records =
        segment.startFrame(RecordCodec.markerBytes(founding) + RecordCodec.hardStateBytes());
    RecordCodec.putMarker(records, founding, mode);
    RecordCodec.putHardState(records, state);
    segment.finishFrame();
  }
}
