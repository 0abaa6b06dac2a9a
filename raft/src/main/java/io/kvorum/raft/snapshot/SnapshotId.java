package io.kvorum.raft.snapshot;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.membership.MemberId;

/// Names one checkpoint for ever: its files never change.
///
/// @param bootEpoch of the member that took it
/// @param number counts from 1 in each boot
public record SnapshotId(MemberId sender, long bootEpoch, long number) {
  public SnapshotId {
    Invariant.check(bootEpoch > 0 && number > 0, "snapshot %d of boot epoch %d", number, bootEpoch);
  }
}
