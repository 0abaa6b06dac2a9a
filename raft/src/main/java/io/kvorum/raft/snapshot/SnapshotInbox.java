package io.kvorum.raft.snapshot;

import io.kvorum.raft.membership.MemberId;

/// Where snapshots arrive.
@FunctionalInterface
public interface SnapshotInbox {
  /// Serves a connection that the peer has opened, and returns when it has ended. Called on a
  /// thread of the connection's own.
  void serve(MemberId peer, SnapshotConnection connection);
}
