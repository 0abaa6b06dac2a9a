package io.kvorum.raft.log;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/// An open file of the log. One handle is used by one thread at a time.
public interface LogFile extends Closeable {
  /// Writes at least one remaining byte at `position`; short writes are normal. Returns how many.
  int write(ByteBuffer source, long position) throws IOException;

  /// Reads at least one byte at `position`, or returns -1 at the end of the file.
  int read(ByteBuffer target, long position) throws IOException;

  /// Makes all bytes written so far durable, but not necessarily a changed file size.
  void forceData() throws IOException;

  /// Makes bytes and size durable.
  void forceAll() throws IOException;

  long size() throws IOException;

  /// Cuts the file to `size` bytes.
  void truncate(long size) throws IOException;

  /// Writes everything that remains in `source`.
  default void writeFully(ByteBuffer source, long position) throws IOException {
    long at = position;
    while (source.hasRemaining()) {
      int written = write(source, at);
      if (written <= 0) {
        throw new IOException("a write of " + source.remaining() + " bytes wrote " + written);
      }
      at += written;
    }
  }

  /// Fills `target` from `position` on.
  default void readFully(ByteBuffer target, long position) throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int read = read(target, at);
      if (read < 0) {
        throw new EOFException("file ends at " + at + ", " + target.remaining() + " bytes short");
      }
      at += read;
    }
  }
}
