package io.kvorum.server;

import io.kvorum.invariant.InvariantViolation;
import io.kvorum.mvcc.CheckpointFacts;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.rocks.StorageFailure;
import io.kvorum.mvcc.rocks.StoreUnusable;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.snapshot.SnapshotStore;
import io.kvorum.server.apply.ClusterState;
import java.io.IOException;
import java.nio.file.Path;

/// Snapshots of a member's store: its checkpoints.
///
/// @param temporary a directory for what is written beside
record StoreSnapshots(MvccStore store, Path temporary) implements SnapshotStore {
  @Override
  public SnapshotMarker checkpoint(Path directory) throws IOException {
    try {
      store.checkpoint(directory);
    } catch (StorageFailure e) {
      throw new IOException(e);
    }
    return inspect(directory);
  }

  @Override
  public void verify(Path directory, SnapshotMarker marker) throws IOException {
    SnapshotMarker found = inspect(directory);
    if (!found.equals(marker)) {
      throw new IOException("the snapshot is %s and was said to be %s".formatted(found, marker));
    }
  }

  private SnapshotMarker inspect(Path directory) throws IOException {
    try {
      CheckpointFacts facts = MvccStore.inspect(directory, temporary);
      return new SnapshotMarker(
          new EntryId(facts.appliedTerm(), facts.appliedIndex()),
          ClusterState.stored(facts::find).configurationAt(facts.appliedIndex()));
    } catch (StoreUnusable | StorageFailure | InvariantViolation e) {
      throw new IOException("the snapshot cannot be used: " + e.getMessage(), e);
    }
  }

  @Override
  public long appliedIndex() {
    return store.appliedIndex();
  }
}
