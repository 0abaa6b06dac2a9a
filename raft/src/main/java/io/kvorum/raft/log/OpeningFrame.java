package io.kvorum.raft.log;

import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.LogRecord.MarkerMode;
import java.nio.ByteBuffer;

/// The first frame of a segment: the hard state and the newest marker once more, so that every
/// segment can become the first of the log.
final class OpeningFrame {
  private OpeningFrame() {}

  static void put(ActiveSegment segment, LogContents contents) {
    SnapshotMarker marker = contents.marker();
    ByteBuffer records = segment.startFrame(payloadBytes(contents));
    if (marker != null) {
      RecordCodec.putMarker(records, marker, MarkerMode.KEPT);
    }
    RecordCodec.putHardState(records, contents.hardState());
    segment.finishFrame();
  }

  static int payloadBytes(LogContents contents) {
    SnapshotMarker marker = contents.marker();
    return RecordCodec.hardStateBytes() + (marker == null ? 0 : RecordCodec.markerBytes(marker));
  }
}
