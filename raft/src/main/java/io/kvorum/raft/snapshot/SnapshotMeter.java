package io.kvorum.raft.snapshot;

import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.membership.MemberId;

/// What is measured of snapshots. Called by the threads of the streams; must not block.
public interface SnapshotMeter {
  /// Measures nothing.
  SnapshotMeter NONE = new SnapshotMeter() {};

  /// A stream to `peer` begins.
  default void sending(MemberId peer) {}

  /// Follows every [#sending].
  default void sent(MemberId peer, Delivery delivery, long nanos) {}

  /// A snapshot of `peer` begins to come.
  default void receiving(MemberId peer) {}

  /// Follows every [#receiving].
  default void received(MemberId peer, Delivery delivery, long nanos) {}
}
