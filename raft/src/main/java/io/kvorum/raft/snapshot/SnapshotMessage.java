package io.kvorum.raft.snapshot;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.SnapshotMarker;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/// What the two ends of a stream say to each other.
///
/// ```
/// sender:   Begin            Chunk* FileEnd   Chunk* FileEnd  ...
/// receiver:        Resume                                        Verdict
/// ```
///
/// The receiver may give its verdict at any time, and says nothing after it. Files are numbered as
/// in `Begin`.
public sealed interface SnapshotMessage {
  /// What is about to come.
  ///
  /// @param offer what the receiver's core is told in the end, a `SnapshotOffer`
  record Begin(Envelope offer, SnapshotId id, List<SnapshotFile> files) implements SnapshotMessage {
    /// More files than any snapshot has.
    public static final int MAX_FILES = 1 << 16;

    public Begin {
      files = List.copyOf(files);
      Invariant.check(
          offer.message() instanceof RaftMessage.SnapshotOffer, "%s is no offer", offer);
      Invariant.check(files.size() <= MAX_FILES, "%d files", files.size());
      Invariant.check(areNamesUnique(files), "two files have one name");
    }

    /// Whether the files can be in one directory.
    public static boolean areNamesUnique(List<SnapshotFile> files) {
      Set<String> names = new HashSet<>();
      return files.stream().allMatch(file -> names.add(file.name()));
    }

    SnapshotMarker marker() {
      return ((RaftMessage.SnapshotOffer) offer.message()).marker();
    }

    long sizeBytes() {
      return files.stream().mapToLong(SnapshotFile::sizeBytes).sum();
    }
  }

  /// The numbers of the files that need not come any more, ascending.
  record Resume(List<Integer> complete) implements SnapshotMessage {
    public Resume {
      complete = List.copyOf(complete);
    }
  }

  /// Bytes of a file, which come in order.
  ///
  /// @param checksum CRC32C of the bytes
  record Chunk(int file, long offset, ByteString bytes, int checksum) implements SnapshotMessage {
    static Chunk of(int file, long offset, ByteString bytes) {
      return new Chunk(file, offset, bytes, checksumOf(bytes));
    }

    boolean isIntact() {
      return checksum == checksumOf(bytes);
    }

    private static int checksumOf(ByteString bytes) {
      CRC32C crc = new CRC32C();
      crc.update(bytes.asReadOnlyByteBuffer());
      return (int) crc.getValue();
    }
  }

  /// All bytes of a file have been sent.
  ///
  /// @param checksum CRC32C of the whole file
  record FileEnd(int file, int checksum) implements SnapshotMessage {}

  /// The end.
  ///
  /// @param reason for people, if the snapshot was refused
  record Verdict(Outcome outcome, String reason) implements SnapshotMessage {
    /// What has become of the snapshot.
    public enum Outcome {
      /// Its files are complete and durable, and the receiver's core has been told.
      DELIVERED,
      /// The core has heard nothing.
      REFUSED
    }
  }
}
