package io.kvorum.raft.log;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.SnapshotMarker;
import java.nio.ByteBuffer;

/// One record of a frame, as recovery and readers see it (W3).
sealed interface LogRecord {
  record State(HardState hardState) implements LogRecord {}

  /// One entry.
  ///
  /// @param payload a view, valid until the next frame is read
  record EntryAt(EntryId id, EntryKind kind, ByteBuffer payload) implements LogRecord {}

  record Marker(SnapshotMarker marker, MarkerMode mode) implements LogRecord {}

  /// The log was closed on purpose after everything before had been synced.
  record CleanClose() implements LogRecord {}

  /// What a snapshot marker means for the entries written before it (Raft §7, S5).
  enum MarkerMode {
    /// The log holds the marker's id (or only drops in front of it): entries after it stay.
    KEPT(1),
    /// The log conflicts with the snapshot or is too short: all entries are discarded.
    REPLACED(2);

    private final int code;

    MarkerMode(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }
}
