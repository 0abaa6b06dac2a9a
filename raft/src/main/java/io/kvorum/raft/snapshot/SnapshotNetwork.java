package io.kvorum.raft.snapshot;

import io.kvorum.raft.membership.MemberId;
import java.io.IOException;

/// Opens connections for snapshots.
@FunctionalInterface
public interface SnapshotNetwork {
  /// Connects to the peer; waits until it has accepted.
  ///
  /// @throws IOException if it cannot be reached or refuses
  SnapshotConnection open(MemberId peer) throws IOException;
}
