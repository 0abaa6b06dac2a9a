package io.kvorum.raft.log;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.log.FrameBuffer.FramePlace;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/// The segment that is being written: where its next frame goes and what is synced so far.
///
/// Owned by the thread `log`. Frames collect in the buffer until [#flush]; nothing is durable
/// before [#force]. A failure leaves it in an unknown state; the log never uses it again (W8).
final class ActiveSegment implements Closeable {
  private final LogFile file;
  private final SegmentHeader header;
  private final int salt;
  private final FrameBuffer buffer;
  private long writtenBytes;
  private long nextSequence;
  private long syncedSequence;
  private int chain;

  private ActiveSegment(
      LogFile file, SegmentHeader header, FrameBuffer buffer, LogScan.Position end) {
    this.file = file;
    this.header = header;
    this.salt = header.salt();
    this.buffer = buffer;
    this.writtenBytes = end.offset();
    this.nextSequence = end.sequence();
    this.chain = end.chain();
    this.syncedSequence = end.sequence() - 1;
  }

  /// Starts a new segment in a blank file that has no name in the log yet.
  static ActiveSegment begin(LogFile blank, SegmentHeader header, FrameBuffer buffer) {
    return new ActiveSegment(blank, header, buffer, LogScan.Position.startOf(header));
  }

  /// Goes on with a segment whose frames up to `end` are all synced.
  static ActiveSegment resume(
      LogFile file, SegmentHeader header, FrameBuffer buffer, LogScan.Position end) {
    return new ActiveSegment(file, header, buffer, end);
  }

  SegmentHeader header() {
    return header;
  }

  /// Where the next frame goes.
  LogScan.Position end() {
    return new LogScan.Position(writtenBytes + buffer.bytes(), nextSequence, chain);
  }

  boolean hasRoomFor(long frameBytes) {
    return writtenBytes + buffer.bytes() + frameBytes <= header.capacity();
  }

  /// Begins a frame of exactly `payloadBytes`, for which there is room.
  ByteBuffer startFrame(int payloadBytes) {
    Invariant.check(
        hasRoomFor(FrameLayout.frameBytes(payloadBytes)), "no room for %d bytes", payloadBytes);
    return buffer.startFrame(payloadBytes);
  }

  /// Completes the frame begun last; returns its place.
  EntryIndex.FrameAt finishFrame() {
    long offset = writtenBytes + buffer.frameStart();
    chain = buffer.finishFrame(new FramePlace(salt, offset, nextSequence, syncedSequence, chain));
    nextSequence++;
    return new EntryIndex.FrameAt(header.number(), Math.toIntExact(offset));
  }

  /// Whether frames were written, or wait to be, that are not synced.
  boolean isUnsynced() {
    return syncedSequence < nextSequence - 1;
  }

  /// Hands the finished frames to the operating system; returns how many bytes they were.
  int flush() throws IOException {
    if (buffer.isEmpty()) {
      return 0;
    }
    ByteBuffer frames = buffer.frames();
    int bytes = frames.remaining();
    file.writeFully(frames, writtenBytes);
    writtenBytes += bytes;
    buffer.clear();
    return bytes;
  }

  /// Makes all flushed frames durable.
  void force() throws IOException {
    Invariant.check(buffer.isEmpty(), "%d bytes were not flushed", buffer.bytes());
    file.forceData();
    syncedSequence = nextSequence - 1;
  }

  /// Ends the making of a new segment: its header is written, all of it is synced, and only then it
  /// takes its name, durably.
  void publish(LogFiles files, String temporaryName) throws IOException {
    int _ = flush();
    Invariant.check(
        header.syncedSequence() == nextSequence - 1,
        "segment %d announces frames up to %d, has %d",
        header.number(),
        header.syncedSequence(),
        nextSequence - 1);
    file.writeFully(header.encode(), 0);
    file.forceAll();
    files.rename(temporaryName, SegmentName.of(header.number()));
    files.forceDirectory();
    syncedSequence = nextSequence - 1;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
