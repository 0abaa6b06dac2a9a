package io.kvorum.raft.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/// Reads the frames of one segment in order, each verified, through a bounded window.
///
/// It reports what it finds and judges nothing: whether a missing or damaged frame is the end, an
/// interrupted write or corruption is decided by [TornTail].
final class SegmentReader implements Closeable {
  private static final int WINDOW_BYTES = 128 << 10;

  private final LogFile file;
  private final SegmentHeader header;
  private final int salt;
  private final long fileBytes;
  private ByteBuffer window = ByteBuffer.allocate(0);
  private long windowAt;

  private SegmentReader(LogFile file, SegmentHeader header, long fileBytes) {
    this.file = file;
    this.header = header;
    this.salt = header.salt();
    this.fileBytes = fileBytes;
  }

  /// Opens segment `number` of `files` and checks its header.
  static SegmentReader open(LogFiles files, long number) throws IOException {
    String name = SegmentName.of(number);
    LogFile file = files.openToRead(name);
    try {
      long fileBytes = file.size();
      if (fileBytes < SegmentHeader.BYTES) {
        throw UnusableLogException.corrupt(name, "it has only " + fileBytes + " bytes");
      }
      ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
      file.readFully(bytes, 0);
      SegmentHeader header = SegmentHeader.decode(bytes.flip(), name);
      if (header.number() != number) {
        throw UnusableLogException.corrupt(name, "it is segment " + header.number());
      }
      return new SegmentReader(file, header, fileBytes);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /// What stands at a place where a frame may begin.
  sealed interface Found {
    /// A frame whose checksums match.
    ///
    /// @param records a view, valid until the reader moves on
    /// @param end offset of the next frame
    /// @param chain the chain value in its trailer
    record Frame(
        long sequence,
        long syncedSequence,
        int payloadBytes,
        ByteBuffer records,
        long end,
        int checksum,
        int chain)
        implements Found {
      /// Whether this is the frame that has to follow one with this chain value.
      boolean isSuccessorOf(int chainBefore, long expectedSequence) {
        return sequence == expectedSequence && chain == Checksum.chain(chainBefore, checksum);
      }
    }

    /// No frame verifies here.
    record NoFrame() implements Found {}
  }

  /// Reads the frame at `offset`, if one verifies there.
  Found at(long offset) throws IOException {
    if (offset + FrameLayout.HEADER_BYTES > fileBytes) {
      return new Found.NoFrame();
    }
    ByteBuffer head = view(offset, FrameLayout.HEADER_BYTES);
    if (!isHeader(head)) {
      return new Found.NoFrame();
    }
    if (head.getInt(FrameLayout.KIND_AT) != FrameLayout.KIND_BATCH) {
      throw new UnusableLogException(
          UnusableLogException.Reason.NEWER_FORMAT,
          "%s: frame kind %d at %d is not known"
              .formatted(name(), head.getInt(FrameLayout.KIND_AT), offset));
    }
    int payloadBytes = head.getInt(0);
    long frameBytes = FrameLayout.frameBytes(payloadBytes);
    if (offset + frameBytes > fileBytes) {
      return new Found.NoFrame();
    }
    ByteBuffer frame = view(offset, Math.toIntExact(frameBytes));
    int trailer = frame.limit() - FrameLayout.TRAILER_BYTES;
    int checksum = frame.getInt(trailer);
    boolean isComplete = frame.get(frame.limit() - 1) != 0; // see Checksum#chain
    if (!isComplete || checksum != Checksum.salted(salt, frame.slice(0, trailer))) {
      return new Found.NoFrame();
    }
    return new Found.Frame(
        frame.getLong(FrameLayout.SEQUENCE_AT),
        frame.getLong(FrameLayout.SYNCED_AT),
        payloadBytes,
        frame.slice(FrameLayout.HEADER_BYTES, payloadBytes),
        offset + frameBytes,
        checksum,
        frame.getInt(trailer + Integer.BYTES));
  }

  /// Whether these [FrameLayout#HEADER_BYTES] are a frame's header, by its own checksum.
  boolean isHeader(ByteBuffer head) {
    return head.getInt(0) > 0
        && head.getInt(FrameLayout.HEADER_CHECKSUM_AT)
            == Checksum.salted(salt, head.slice(0, FrameLayout.HEADER_CHECKSUM_AT));
  }

  /// The bytes `[offset, offset + bytes)`, which lie in the file; valid until the next call.
  ByteBuffer view(long offset, int bytes) throws IOException {
    if (offset < windowAt || offset + bytes > windowAt + window.limit()) {
      load(offset, bytes);
    }
    return window.slice((int) (offset - windowAt), bytes);
  }

  SegmentHeader header() {
    return header;
  }

  long fileBytes() {
    return fileBytes;
  }

  String name() {
    return SegmentName.of(header.number());
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private void load(long offset, int bytes) throws IOException {
    if (window.capacity() < bytes) {
      window = ByteBuffer.allocate(Math.max(bytes, WINDOW_BYTES));
    } else if (window.capacity() > WINDOW_BYTES && bytes <= WINDOW_BYTES) {
      window = ByteBuffer.allocate(WINDOW_BYTES);
    }
    window.clear().limit((int) Math.min(window.capacity(), fileBytes - offset));
    file.readFully(window, offset);
    windowAt = offset;
  }
}
