package io.kvorum.raft.simulation;

import io.kvorum.raft.SnapshotMarker;

/// The files of a snapshot: the state at the marker. Nobody changes `state`.
record Snapshot(SnapshotMarker marker, KvState state) {
  static Snapshot of(KvState state) {
    return new Snapshot(new SnapshotMarker(state.applied(), state.configuration()), state.copy());
  }

  long index() {
    return marker.id().index();
  }
}
