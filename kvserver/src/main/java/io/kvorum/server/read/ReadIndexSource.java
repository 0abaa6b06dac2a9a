package io.kvorum.server.read;

/// Where an index is confirmed: the Raft node, or a fake in tests.
@FunctionalInterface
public interface ReadIndexSource {
  /// Asks for the leader's commit index, confirmed by a quorum after this call. The answer comes
  /// back with `token`, or never. False if the inbox is full.
  boolean readIndex(long token);
}
