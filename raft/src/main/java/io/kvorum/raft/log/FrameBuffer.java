package io.kvorum.raft.log;

import io.kvorum.invariant.Invariant;
import java.nio.ByteBuffer;

/// The reused buffer in which frames are built one after the other before one write.
///
/// Owned by the thread `log`. It grows to what one batch needs, and shrinks again after a huge one,
/// so that one such command does not keep its memory for ever.
final class FrameBuffer {
  private static final int INITIAL_BYTES = 256 << 10;

  /// Enough for every ordinary batch, and little beside the memory of a member.
  private static final int RETAINED_BYTES = 16 << 20;

  private ByteBuffer buffer = ByteBuffer.allocateDirect(INITIAL_BYTES);
  private int frameStart;

  /// Begins a frame and returns the buffer, in which the caller puts exactly `payloadBytes` of
  /// records.
  ByteBuffer startFrame(int payloadBytes) {
    reserve(Math.toIntExact(FrameLayout.frameBytes(payloadBytes)));
    frameStart = buffer.position();
    buffer.putInt(payloadBytes).putInt(FrameLayout.KIND_BATCH);
    buffer.position(frameStart + FrameLayout.HEADER_BYTES);
    return buffer;
  }

  /// Where in this buffer the frame begun last starts.
  int frameStart() {
    return frameStart;
  }

  /// Completes the frame for its place in the log; returns the chain value after it.
  int finishFrame(FramePlace place) {
    int payloadBytes = buffer.position() - frameStart - FrameLayout.HEADER_BYTES;
    Invariant.check(
        payloadBytes == buffer.getInt(frameStart) && payloadBytes > 0,
        "a frame of %d bytes was announced with %d",
        payloadBytes,
        buffer.getInt(frameStart));
    int trailer =
        frameStart
            + Math.toIntExact(FrameLayout.frameBytes(payloadBytes))
            - FrameLayout.TRAILER_BYTES;
    while (buffer.position() < trailer) {
      buffer.put((byte) 0);
    }
    int end = trailer + FrameLayout.TRAILER_BYTES;
    buffer.putLong(frameStart + FrameLayout.SEQUENCE_AT, place.sequence());
    buffer.putLong(frameStart + FrameLayout.SYNCED_AT, place.syncedSequence());
    buffer.putInt(
        frameStart + FrameLayout.ZERO_SECTORS_AT,
        FrameLayout.zeroSectors(buffer, frameStart, end, place.offset()));
    ByteBuffer header = buffer.slice(frameStart, FrameLayout.HEADER_CHECKSUM_AT);
    buffer.putInt(
        frameStart + FrameLayout.HEADER_CHECKSUM_AT, Checksum.salted(place.salt(), header));
    int checksum = Checksum.salted(place.salt(), buffer.slice(frameStart, trailer - frameStart));
    int chain = Checksum.chain(place.chainBefore(), checksum);
    buffer.putInt(checksum).putInt(chain);
    return chain;
  }

  boolean isEmpty() {
    return buffer.position() == 0;
  }

  /// Bytes of finished frames.
  int bytes() {
    return buffer.position();
  }

  /// The finished frames, ready to be written; [#clear] afterwards.
  ByteBuffer frames() {
    return buffer.duplicate().flip();
  }

  void clear() {
    if (buffer.capacity() > RETAINED_BYTES) {
      buffer = ByteBuffer.allocateDirect(INITIAL_BYTES);
    }
    buffer.clear();
  }

  private void reserve(int bytes) {
    if (buffer.remaining() >= bytes) {
      return;
    }
    long wanted = Math.max((long) buffer.position() + bytes, 2L * buffer.capacity());
    ByteBuffer larger = ByteBuffer.allocateDirect((int) Math.min(wanted, Integer.MAX_VALUE));
    buffer = larger.put(frames());
  }

  /// Where a frame goes and what it must state about the log before it.
  ///
  /// @param offset position in the file
  /// @param syncedSequence the highest sequence known synced
  record FramePlace(int salt, long offset, long sequence, long syncedSequence, int chainBefore) {}
}
