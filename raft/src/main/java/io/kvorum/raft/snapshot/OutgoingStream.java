package io.kvorum.raft.snapshot;

import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.snapshot.SnapshotMessage.Begin;
import io.kvorum.raft.snapshot.SnapshotMessage.Chunk;
import io.kvorum.raft.snapshot.SnapshotMessage.FileEnd;
import io.kvorum.raft.snapshot.SnapshotMessage.Resume;
import io.kvorum.raft.snapshot.SnapshotMessage.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32C;

/// One snapshot on its way over one connection, from the first message to the receiver's verdict.
/// Used by one thread.
final class OutgoingStream {
  private final OutgoingSnapshot snapshot;
  private final SnapshotConnection connection;
  private final ByteBuffer buffer; // of one chunk after the other
  private final Pace pace;

  OutgoingStream(
      OutgoingSnapshot snapshot, SnapshotConnection connection, int chunkBytes, Pace pace) {
    this.snapshot = snapshot;
    this.connection = connection;
    this.buffer = ByteBuffer.allocateDirect(chunkBytes);
    this.pace = pace;
  }

  /// Sends everything that is missing, and returns when the receiver's core has been told.
  ///
  /// @throws IOException if that cannot be
  void run(Envelope offer) throws IOException {
    connection.send(new Begin(offer, snapshot.id(), snapshot.files()));
    Set<Integer> complete =
        switch (connection.receive()) {
          case Resume(var files) -> new HashSet<>(files); // looked up only
          case Verdict verdict -> throw refused(verdict);
          case Begin _, Chunk _, FileEnd _ -> throw outOfOrder();
        };
    for (int file = 0; file < snapshot.files().size(); file++) {
      if (!complete.contains(file)) {
        send(file);
      }
    }
    switch (connection.receive()) {
      case Verdict verdict -> {
        if (verdict.outcome() != Verdict.Outcome.DELIVERED) {
          throw refused(verdict);
        }
      }
      case Begin _, Resume _, Chunk _, FileEnd _ -> throw outOfOrder();
    }
  }

  private void send(int number) throws IOException {
    SnapshotFile file = snapshot.files().get(number);
    CRC32C crc = new CRC32C();
    try (FileChannel bytes = FileChannel.open(snapshot.directory().resolve(file.name()))) {
      long offset = 0;
      while (offset < file.sizeBytes()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), file.sizeBytes() - offset));
        if (bytes.read(buffer) < 0) {
          throw new IOException(file + " ends at byte " + offset);
        }
        buffer.flip();
        crc.update(buffer.duplicate());
        pace.await(buffer.remaining());
        connection.send(Chunk.of(number, offset, UnsafeByteOperations.unsafeWrap(buffer)));
        offset += buffer.remaining();
      }
    }
    connection.send(new FileEnd(number, (int) crc.getValue()));
  }

  private static IOException refused(Verdict verdict) {
    return new IOException("the receiver refuses it: " + verdict.reason());
  }

  private static IOException outOfOrder() {
    return new IOException("a message out of order");
  }
}
