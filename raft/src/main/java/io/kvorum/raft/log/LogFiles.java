package io.kvorum.raft.log;

import java.io.IOException;
import java.util.List;

/// The one directory a log lives in, and every operation on it that can fail or be lost.
///
/// A created, renamed or deleted name is durable only after [#forceDirectory]; bytes only after the
/// file's own force. The real one is [DirectoryFiles]; tests own one that loses what was not
/// forced.
public interface LogFiles {
  /// Takes the directory for this process until the returned lock is closed (W13).
  ///
  /// @throws UnusableLogException if somebody else holds it
  AutoCloseableLock lock(String name) throws IOException;

  /// The names of all files, in no particular order.
  List<String> list() throws IOException;

  /// Makes a new, empty file, open for reading and writing; fails if the name is taken.
  LogFile create(String name) throws IOException;

  /// Opens an existing file for reading and writing.
  LogFile open(String name) throws IOException;

  /// Opens an existing file for reading, independently of any other handle.
  LogFile openToRead(String name) throws IOException;

  /// Gives a file another name, atomically replacing a file that has it.
  void rename(String from, String to) throws IOException;

  void delete(String name) throws IOException;

  /// Makes all creations, renames and deletions so far durable.
  void forceDirectory() throws IOException;

  /// Bytes this process may still allocate on the file system.
  long usableBytes() throws IOException;

  /// A held lock.
  interface AutoCloseableLock extends AutoCloseable {
    @Override
    void close() throws IOException;
  }
}
