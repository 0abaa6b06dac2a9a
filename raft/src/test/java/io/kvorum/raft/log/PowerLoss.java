package io.kvorum.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/// Does to the log directory of a killed process what a power failure would have done: takes back
/// bytes that were written after a sync which the test knows of. For tests with real processes.
public final class PowerLoss {
  private static final int SECTOR_BYTES = 512;

  private PowerLoss() {}

  /// Where the written part of the newest segment ends now; everything before is synced if the log
  /// has just acknowledged and is idle.
  public static SyncedEnd endOf(Path directory) throws IOException {
    Path newest = segments(directory).getLast();
    return new SyncedEnd(newest.getFileName().toString(), writtenBytes(newest));
  }

  /// A place in the log that is known to be synced.
  public record SyncedEnd(String segment, long offset) {}

  /// Zeros everything after `end` and deletes later segments, as if none of it had reached the
  /// disk.
  ///
  /// @return how many bytes of the segment were lost
  public static long loseAfter(Path directory, SyncedEnd end) throws IOException {
    for (Path segment : segments(directory)) {
      if (segment.getFileName().toString().compareTo(end.segment()) > 0) {
        Files.delete(segment);
      }
    }
    Path segment = directory.resolve(end.segment());
    long lost = Math.max(0, writtenBytes(segment) - end.offset());
    zero(segment, end.offset(), end.offset() + lost);
    return lost;
  }

  /// Zeros one sector (counted from `end`, 0 holds its first byte) and leaves the others: writes
  /// that reached the disk out of order.
  public static void loseSectorAfter(Path directory, SyncedEnd end, int sector) throws IOException {
    long start = (end.offset() / SECTOR_BYTES + sector) * SECTOR_BYTES;
    zero(directory.resolve(end.segment()), Math.max(start, end.offset()), start + SECTOR_BYTES);
  }

  private static List<Path> segments(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> SegmentName.number(file.getFileName().toString()).isPresent())
          .sorted()
          .toList();
    }
  }

  private static long writtenBytes(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    long end = bytes.length;
    while (end > 0 && bytes[(int) end - 1] == 0) {
      end--;
    }
    return (end + FrameLayout.ALIGNMENT - 1) / FrameLayout.ALIGNMENT * FrameLayout.ALIGNMENT;
  }

  private static void zero(Path segment, long from, long to) throws IOException {
    try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocate((int) (to - from));
      long at = from;
      while (zeros.hasRemaining()) {
        at += channel.write(zeros, at);
      }
    }
  }
}
