package io.kvorum.raft.log;

import java.nio.ByteBuffer;

/// Sizes and sector arithmetic of a frame (W2); laid out in decision 4.
final class FrameLayout {
  static final int ALIGNMENT = 8;
  static final int SECTOR_BYTES = 512;
  static final int HEADER_BYTES = 32;
  static final int TRAILER_BYTES = 8;
  static final int KIND_BATCH = 1;

  static final int KIND_AT = 4;
  static final int SEQUENCE_AT = 8;
  static final int SYNCED_AT = 16;
  static final int ZERO_SECTORS_AT = 24;
  static final int HEADER_CHECKSUM_AT = 28;

  private FrameLayout() {}

  /// Length of a whole frame around records of this size.
  static long frameBytes(long payloadBytes) {
    return HEADER_BYTES + (payloadBytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + TRAILER_BYTES;
  }

  /// How many sectors of the file hold nothing of a frame but zeros, apart from those with a part
  /// of its header or trailer. The frame is the `[start, end)` of the buffer.
  static int zeroSectors(ByteBuffer buffer, int start, int end, long fileOffset) {
    int zeros = 0;
    long firstSector = nextSector(fileOffset + HEADER_BYTES);
    int at = start + (int) (firstSector - fileOffset);
    for (; at + SECTOR_BYTES <= end - TRAILER_BYTES; at += SECTOR_BYTES) {
      if (isZero(buffer, at, at + SECTOR_BYTES)) {
        zeros++;
      }
    }
    return zeros;
  }

  /// The first sector boundary at or after an offset.
  static long nextSector(long fileOffset) {
    return (fileOffset + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
  }

  /// Whether `[from, to)` of the buffer is all zero.
  static boolean isZero(ByteBuffer buffer, int from, int to) {
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      if (buffer.getLong(at) != 0) {
        return false;
      }
    }
    for (; at < to; at++) {
      if (buffer.get(at) != 0) {
        return false;
      }
    }
    return true;
  }
}
