package io.kvorum.raft;

import java.util.OptionalLong;

/// Drops the log's prefix in the order that survives a crash: first a durable marker that says what
/// the rest of the log builds on, then the prefix itself (raft.md §3.2 last row, S10).
final class PrefixDrop {
  private final MemberState state;
  private OptionalLong markerSequence = OptionalLong.empty();
  private long droppedTo;

  PrefixDrop(MemberState state) {
    this.state = state;
  }

  /// The state store holds everything up to `index` durably. What the tail protects stays; so does
  /// everything if the configuration has changed after the point where the log would begin, until
  /// the next call: the marker must name the configuration of its very index.
  void stateDurable(long index) {
    LogView log = state.log();
    long target = Math.min(index, log.evictedTo());
    if (markerSequence.isEmpty()
        && target > log.base().index()
        && target >= state.configurationIndex()) {
      droppedTo = target;
      markerSequence =
          OptionalLong.of(
              state.writes().mark(new SnapshotMarker(log.idAt(target), state.configuration())));
    }
  }

  void persisted(long sequence) {
    if (markerSequence.isPresent() && sequence >= markerSequence.getAsLong()) {
      markerSequence = OptionalLong.empty();
      if (droppedTo > state.log().base().index()) { // else a snapshot has replaced the log
        state.log().dropTo(droppedTo);
        state.outbox().dropLogTo(droppedTo);
      }
    }
  }
}
