package io.kvorum.raft.log;

/// How much room the file system leaves the log (W11).
public enum LogSpace {
  /// There is room for ordinary work.
  AMPLE,
  /// Free space is below the minimum, or the reserve is in use: refuse writes of clients.
  LOW
}
