package io.kvorum.raft.snapshot;

import java.io.IOException;

/// A connection that carries one snapshot. Used by one thread; only [#close] may be called by any.
public interface SnapshotConnection extends AutoCloseable {
  /// Sends a message, after waiting for room in what is on its way. What the bytes of a chunk lie
  /// in is the caller's again afterwards.
  ///
  /// @throws IOException if the connection is broken or closed, or no room came for too long; the
  ///   message may have arrived or not
  void send(SnapshotMessage message) throws IOException;

  /// Waits for the next message.
  ///
  /// @throws IOException if the connection is broken or closed, nothing came for too long, or what
  ///   came is no message
  SnapshotMessage receive() throws IOException;

  /// Ends whatever the connection's thread waits for. Does not wait.
  @Override
  void close();
}
