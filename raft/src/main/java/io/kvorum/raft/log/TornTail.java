package io.kvorum.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/// Judges what follows the last good frame of the last segment (W10): nothing, the remains of an
/// interrupted write, or damage to bytes that had been made durable.
///
/// A disk writes sectors of 512 bytes whole or not at all and in any order, and a killed process
/// may have written any number of bytes. So an interrupted write leaves a frame that *lacks*
/// something, its end or a sector, and what is lacking reads as the zeros of the preallocated file.
/// A frame of which every sector is there and which still does not verify has been damaged later,
/// and so has one that a later frame vouches for.
final class TornTail {
  private static final int COPIES_KEPT = 8;

  private final SegmentReader reader;
  private final long offset;
  private final long missingSequence;

  /// No frame with the sequence `missingSequence` verifies at `offset`.
  TornTail(SegmentReader reader, long offset, long missingSequence) {
    this.reader = reader;
    this.offset = offset;
    this.missingSequence = missingSequence;
  }

  /// Returns where the remains of an interrupted write end: `offset` if there are none.
  ///
  /// @throws UnusableLogException if durable bytes are damaged
  long judge() throws IOException {
    if (missingSequence <= reader.header().syncedSequence()) {
      throw damaged("batch " + missingSequence + " was synced and is not there");
    }
    long end = endOfNonZero();
    if (end > offset) {
      refuseIfVouchedFor(end);
      refuseUnlessInterrupted(end);
    }
    return end;
  }

  /// Keeps a copy of `[offset, end)`, durably, for whoever wants to know what was cut.
  void copyTo(LogFiles files, long end) throws IOException {
    String name = SegmentName.torn(reader.header().number(), offset);
    List<String> copies =
        files.list().stream().filter(other -> other.startsWith(SegmentName.TORN)).sorted().toList();
    for (int i = 0; i <= copies.size() - COPIES_KEPT; i++) {
      files.delete(copies.get(i));
    }
    String temporary = name + SegmentName.TEMPORARY;
    try (LogFile copy = files.create(temporary)) {
      for (long at = offset; at < end; at += FrameLayout.SECTOR_BYTES) {
        int bytes = (int) Math.min(FrameLayout.SECTOR_BYTES, end - at);
        copy.writeFully(reader.view(at, bytes), at - offset);
      }
      copy.forceAll();
    }
    files.rename(temporary, name);
    files.forceDirectory();
  }

  private long endOfNonZero() throws IOException {
    long end = offset;
    for (long at = offset; at < reader.fileBytes(); ) {
      int bytes = (int) (Math.min(sectorEnd(at), reader.fileBytes()) - at);
      ByteBuffer sector = reader.view(at, bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        if (sector.get(i) != 0) {
          end = at + i + 1;
          break;
        }
      }
      at += bytes;
    }
    return end;
  }

  /// W10 (a): a later frame that verifies on its own and was written after the missing one had been
  /// synced. A clean close is such a frame, because everything is synced before it is written.
  private void refuseIfVouchedFor(long end) throws IOException {
    for (long at = offset + FrameLayout.ALIGNMENT;
        at + FrameLayout.HEADER_BYTES <= end;
        at += FrameLayout.ALIGNMENT) {
      if (reader.view(at, FrameLayout.HEADER_BYTES).getInt(0) > 0
          && reader.at(at) instanceof SegmentReader.Found.Frame later
          && later.syncedSequence() >= missingSequence) {
        throw damaged(
            "batch %d is damaged, and batch %d says that it was synced"
                .formatted(missingSequence, later.sequence()));
      }
    }
  }

  /// W10 (b) and (c).
  private void refuseUnlessInterrupted(long end) throws IOException {
    long firstShareEnd = Math.min(sectorEnd(offset), reader.fileBytes());
    boolean wroteNoRecord = end <= offset + FrameLayout.HEADER_BYTES;
    if (wroteNoRecord || isZero(offset, firstShareEnd)) {
      return;
    }
    boolean endsEarly = reader.fileBytes() < reader.header().capacity();
    if (offset + FrameLayout.HEADER_BYTES > reader.fileBytes()) {
      refuseUnless(endsEarly, "its header does not fit");
      return;
    }
    ByteBuffer head = reader.view(offset, FrameLayout.HEADER_BYTES);
    if (!reader.isHeader(head)) {
      long headEnd = offset + FrameLayout.HEADER_BYTES;
      refuseUnless(
          firstShareEnd < headEnd && isZero(firstShareEnd, headEnd), "its header is damaged");
      return;
    }
    long frameEnd = offset + FrameLayout.frameBytes(head.getInt(0));
    int zeroSectors = head.getInt(FrameLayout.ZERO_SECTORS_AT);
    if (frameEnd > reader.fileBytes()) {
      refuseUnless(endsEarly, "it is longer than the segment");
      return;
    }
    refuseUnless(lacksASector(firstShareEnd, frameEnd, zeroSectors), "no part of it is missing");
  }

  private boolean lacksASector(long from, long frameEnd, int zeroSectors) throws IOException {
    if (isZero(frameEnd - 1, frameEnd)) {
      return true;
    }
    int zeros = 0;
    for (long at = from; at < frameEnd; at += FrameLayout.SECTOR_BYTES) {
      if (isZero(at, Math.min(at + FrameLayout.SECTOR_BYTES, frameEnd))) {
        if (at < offset + FrameLayout.HEADER_BYTES) {
          return true;
        }
        zeros++;
      }
    }
    return zeros > zeroSectors;
  }

  private void refuseUnless(boolean interrupted, String what) throws UnusableLogException {
    if (!interrupted) {
      throw damaged("batch %d does not verify, yet %s".formatted(missingSequence, what));
    }
  }

  private boolean isZero(long from, long to) throws IOException {
    int bytes = (int) (to - from);
    return FrameLayout.isZero(reader.view(from, bytes), 0, bytes);
  }

  private static long sectorEnd(long at) {
    return FrameLayout.nextSector(at + 1);
  }

  private UnusableLogException damaged(String what) {
    return UnusableLogException.corrupt(reader.name() + " at " + offset, what);
  }
}
