package io.kvorum.raft.snapshot;

import io.kvorum.raft.log.LogFile;
import io.kvorum.raft.log.LogFiles;
import io.kvorum.raft.snapshot.SnapshotMessage.Begin;
import io.kvorum.raft.snapshot.SnapshotMessage.Chunk;
import io.kvorum.raft.snapshot.SnapshotMessage.FileEnd;
import io.kvorum.raft.snapshot.SnapshotMessage.Resume;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The files of one incoming snapshot: each is checked and durable before it counts as complete,
/// and what is complete outlives the connection. While one file is made durable, the next one
/// comes. Used by one thread at a time.
final class IncomingFiles {
  private final LogFiles directory;
  private final Begin begin;
  private final Executor syncs;
  private final BitSet complete = new BitSet();
  private @Nullable OpenFile open;
  private Optional<Sync> sync = Optional.empty();

  /// A file that is being made durable.
  private record Sync(int number, FutureTask<Void> task) {}

  /// The file that comes now.
  private static final class OpenFile {
    final int number;
    final LogFile file;
    final CRC32C crc = new CRC32C();
    long written;

    OpenFile(int number, LogFile file) {
      this.number = number;
      this.file = file;
    }
  }

  /// @param directory is empty
  /// @param syncs makes one file durable at a time
  IncomingFiles(LogFiles directory, Begin begin, Executor syncs) {
    this.directory = directory;
    this.begin = begin;
    this.syncs = syncs;
  }

  /// Whether these are files of the snapshot that `other` announces.
  boolean isOf(Begin other) {
    return begin.id().equals(other.id()) && begin.files().equals(other.files());
  }

  Resume progress() {
    return new Resume(complete.stream().boxed().toList());
  }

  boolean isComplete() {
    return complete.cardinality() == begin.files().size();
  }

  /// Whether all bytes have come, though perhaps the last file is not durable yet.
  boolean hasAllBytes() {
    return complete.cardinality() + (sync.isPresent() ? 1 : 0) == begin.files().size();
  }

  /// Bytes that are still to come.
  long missingBytes() {
    long missing = 0;
    for (int file = 0; file < begin.files().size(); file++) {
      missing += complete.get(file) ? 0 : begin.files().get(file).sizeBytes();
    }
    return missing;
  }

  /// @throws IOException if the chunk is damaged or not the next one, or the disk fails
  void write(Chunk chunk) throws IOException {
    OpenFile target = openFor(chunk.file());
    long end = target.written + chunk.bytes().size();
    if (chunk.offset() != target.written || end > begin.files().get(chunk.file()).sizeBytes()) {
      throw new IOException(
          "bytes %d to %d of file %d follow %d"
              .formatted(chunk.offset(), end, chunk.file(), target.written));
    }
    if (!chunk.isIntact()) {
      throw new IOException(
          "damaged at byte %d of file %d".formatted(target.written, target.number));
    }
    ByteBuffer bytes = chunk.bytes().asReadOnlyByteBuffer();
    target.crc.update(bytes.duplicate());
    target.file.writeFully(bytes, target.written);
    target.written = end;
  }

  /// Begins to make a file durable, whose bytes have all come, once the one before is.
  ///
  /// @throws IOException if they have not, or are not what was sent, or the disk fails
  void end(FileEnd end) throws IOException {
    OpenFile target = openFor(end.file());
    if (target.written != begin.files().get(end.file()).sizeBytes()) {
      throw new IOException("file %d ends at byte %d".formatted(end.file(), target.written));
    }
    if ((int) target.crc.getValue() != end.checksum()) {
      throw new IOException("file %d is damaged".formatted(end.file()));
    }
    awaitSync();
    open = null;
    FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              try (LogFile file = target.file) {
                file.forceAll();
              }
              return null;
            });
    sync = Optional.of(new Sync(target.number, task));
    syncs.execute(task);
  }

  /// Waits until every file whose bytes have come is durable, and so complete.
  ///
  /// @throws IOException if the disk fails
  void awaitSync() throws IOException {
    if (sync.isEmpty()) {
      return;
    }
    Sync last = sync.get();
    try {
      last.task().get();
      complete.set(last.number());
    } catch (ExecutionException e) {
      directory.delete(begin.files().get(last.number()).name());
      throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException().initCause(e);
    } finally {
      sync = Optional.empty();
    }
  }

  private OpenFile openFor(int file) throws IOException {
    if (open == null) {
      if (file < 0 || file >= begin.files().size() || hasCome(file)) {
        throw new IOException("file %d of %d is not to come".formatted(file, begin.files().size()));
      }
      open = new OpenFile(file, directory.create(begin.files().get(file).name()));
    }
    if (open.number != file) {
      throw new IOException("file %d comes before the end of file %d".formatted(file, open.number));
    }
    return open;
  }

  private boolean hasCome(int file) {
    return complete.get(file) || sync.filter(it -> it.number() == file).isPresent();
  }

  /// Forgets the file that has come in part: the connection has ended.
  void interrupt() throws IOException {
    try {
      awaitSync();
    } finally {
      if (open != null) {
        OpenFile partial = open;
        open = null;
        partial.file.close();
        directory.delete(begin.files().get(partial.number).name());
      }
    }
  }
}
