package io.kvorum.raft.snapshot;

import io.kvorum.invariant.Invariant;
import java.time.Duration;

/// Every bound on sending snapshots.
///
/// @param chunkBytes payload of a chunk: what a stream reads at a time, and what it holds in memory
///   besides the connection's own bound
/// @param bytesPerSecond of all streams together; a stream that would exceed it waits
/// @param promise how long a checkpoint is kept for a member whose offer does not come
/// @param resume how long it is kept after a stream has failed, for the next attempt
/// @param pin longest time for which a checkpoint keeps the log from being dropped (S8)
/// @param retry wait after a failed checkpoint
public record SnapshotLimits(
    int chunkBytes,
    long bytesPerSecond,
    Duration promise,
    Duration resume,
    Duration pin,
    Duration retry) {
  public SnapshotLimits {
    Invariant.check(chunkBytes > 0 && bytesPerSecond >= chunkBytes, "%d bytes/s", bytesPerSecond);
    Invariant.check(
        promise.isPositive() && resume.isPositive() && pin.isPositive() && retry.isPositive(),
        "no time for anything");
  }

  /// What a network of 10 Gbit/s carries: slower ones and disks set their own pace, as each stream
  /// has little under way. Half an hour of log at most is kept for it.
  public static SnapshotLimits standard() {
    return new SnapshotLimits(
        256 << 10,
        1L << 30,
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(30),
        Duration.ofSeconds(1));
  }
}
