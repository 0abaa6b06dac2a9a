package io.kvorum.raft.snapshot;

import io.kvorum.raft.SnapshotMarker;
import java.io.IOException;
import java.nio.file.Path;

/// The state machine as far as snapshots of it go. Any thread but `raft` and `apply`.
public interface SnapshotStore {
  /// Puts the files of the newest state into `directory`, which must not exist, and tells which
  /// state that is. The files never change afterwards.
  ///
  /// @throws IOException if that fails; the directory may have been made
  SnapshotMarker checkpoint(Path directory) throws IOException;

  /// Checks that the files in `directory` are complete, and the state that `marker` names: nothing
  /// but the disk can keep it from being installed.
  ///
  /// @throws IOException if they are not
  void verify(Path directory, SnapshotMarker marker) throws IOException;

  /// The index up to which the state machine has applied the log.
  long appliedIndex();
}
