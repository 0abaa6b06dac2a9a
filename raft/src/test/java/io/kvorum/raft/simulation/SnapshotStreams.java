package io.kvorum.raft.simulation;

import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.SnapshotMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Snapshots under way, each on a stream of its own: slow, broken off, or damaged by chance. The
/// receiver verifies what came and makes it durable before its core hears of it (raft.md S3, S4).
final class SnapshotStreams {
  private record Checkpoint(MemberProcess owner, Snapshot snapshot) {}

  private static final int CHECKPOINTS_KEPT = 64;

  private final World world;
  private final RandomGenerator random;
  private final List<Checkpoint> checkpoints = new ArrayList<>();
  private final List<SnapshotStream> open = new ArrayList<>();

  SnapshotStreams(World world, RandomGenerator random) {
    this.world = world;
    this.random = random;
  }

  /// Keeps a checkpoint until its stream is opened.
  void keep(MemberProcess owner, Snapshot snapshot) {
    checkpoints.add(new Checkpoint(owner, snapshot));
    if (checkpoints.size() > CHECKPOINTS_KEPT) {
      checkpoints.removeFirst();
    }
  }

  void open(MemberProcess sender, Envelope offer, SnapshotMarker marker) {
    Snapshot snapshot =
        checkpoints.stream()
            .filter(kept -> kept.owner().equals(sender) && kept.snapshot().marker().equals(marker))
            .map(Checkpoint::snapshot)
            .findFirst()
            .orElseThrow(() -> new Violation("S2", sender + " offers an unknown " + marker));
    Optional<MemberProcess> receiver = world.host(offer.to()).process();
    SnapshotStream stream = new SnapshotStream(sender, receiver, offer, snapshot);
    open.add(stream);
    world.coverage().saw(Sometimes.SNAPSHOT_SENT);
    long mean = world.profile().has(Fault.SLOW_STREAM) ? 40 : 2;
    world.after(World.exponential(random, mean * Profile.TICK_MICROS), new Event.StreamEnd(stream));
  }

  /// What an outgoing stream still has to connect to.
  long pinnedIndex(MemberProcess sender) {
    long pinned = Long.MAX_VALUE;
    for (SnapshotStream stream : open) {
      if (stream.sender().equals(sender)) {
        pinned = Math.min(pinned, stream.snapshot().index());
      }
    }
    return pinned;
  }

  void end(SnapshotStream stream) {
    open.remove(stream);
    boolean isDelivered = isUnbroken(stream) && deliver(stream);
    if (world.isRunning(stream.sender())) {
      boolean isReportLost = world.isFaulty(Fault.STREAM_ABORT, random, 5);
      stream
          .sender()
          .step(
              new Input.SnapshotSent(
                  stream.offer().to(),
                  stream.snapshot().index(),
                  isDelivered && !isReportLost ? Delivery.DELIVERED : Delivery.FAILED));
    }
  }

  private boolean isUnbroken(SnapshotStream stream) {
    if (stream.receiver().isEmpty()
        || !world.isRunning(stream.receiver().get())
        || world.network().isCut(stream.offer().from(), stream.offer().to())) {
      return false;
    }
    if (world.isFaulty(Fault.STREAM_ABORT, random, 4)) {
      world.coverage().saw(Sometimes.SNAPSHOT_ABORTED);
      return false;
    }
    if (world.isFaulty(Fault.STREAM_CORRUPTION, random, 3)) {
      world.coverage().saw(Sometimes.SNAPSHOT_CORRUPT);
      return false;
    }
    return true;
  }

  private boolean deliver(SnapshotStream stream) {
    MemberProcess receiver = stream.receiver().orElseThrow();
    Host host = receiver.host;
    host.snapshots.put(stream.snapshot().index(), stream.snapshot());
    long index = stream.snapshot().index();
    if (index <= receiver.core.commitIndex()) {
      world.coverage().saw(Sometimes.SNAPSHOT_IGNORED_AS_OLD);
    } else if (receiver.issued.covers(index)
        && receiver.issued.termAt(index) == stream.snapshot().marker().id().term()) {
      world.coverage().saw(Sometimes.SNAPSHOT_FAST_FORWARDED);
    }
    try {
      receiver.step(new Input.Received(stream.offer()));
    } catch (MemberProcess.Died died) {
      world.power().died(died.process);
      return false;
    }
    return true;
  }
}
