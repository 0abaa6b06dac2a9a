package io.kvorum.server.apply;

import io.kvorum.raft.SnapshotMarker;

/// Puts a snapshot that was received in place of what the store holds.
@FunctionalInterface
public interface SnapshotInstaller {
  /// Returns when the store is at the snapshot's entry, durably. Called by the thread `apply`,
  /// between batches.
  void install(SnapshotMarker snapshot);
}
