package io.kvorum.raft.simulation;

import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.FaultyFiles;
import io.kvorum.raft.log.LogIdentity;
import io.kvorum.raft.log.LogOptions;
import io.kvorum.raft.log.SegmentedLog;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The machine of one member: its disks, its clock, and the process that runs on it, if one does.
final class Host {
  private static final long CLUSTER = 0x5151;

  final MemberId id;
  final LogIdentity identity;
  final LogOptions logOptions;

  /// What the witnesses know to be on the disk of the log.
  LogImage durable;

  FaultyFiles files = new FaultyFiles();

  /// The state machine as its files have it.
  KvState flushed;

  /// Snapshots received, complete and durable, by index.
  final TreeMap<Long, Snapshot> snapshots = new TreeMap<>();

  long tickMicros = Profile.TICK_MICROS;
  long pausedUntilMicros;

  /// What came while the member stood still.
  final Deque<Event> waiting = new ArrayDeque<>();

  long stalledUntilMicros;

  /// Damaged, wiped, or decommissioned: never starts again.
  boolean isLost;

  /// Its log was damaged on purpose: it may be refused.
  boolean isDamaged;

  /// What the last process had handed to its log and not heard of.
  List<Persist> abandoned = List.of();

  int boots;
  // Null while the machine or the process is down.
  private @Nullable MemberProcess process;

  Host(MemberId id, SnapshotMarker founding, int segmentBytes) {
    this.id = id;
    this.identity = new LogIdentity(CLUSTER, id, new UUID(id.value(), 1));
    this.logOptions =
        LogOptions.defaults(() -> 0).withSegmentBytes(segmentBytes).withBackground(Runnable::run);
    this.durable = new LogImage(founding.id());
    this.flushed = new KvState(founding.id(), founding.configuration());
    try {
      SegmentedLog.create(files, identity, logOptions, founding);
    } catch (IOException e) {
      throw new IllegalStateException("a healthy disk refuses a log", e);
    }
  }

  Optional<MemberProcess> process() {
    return Optional.ofNullable(process);
  }

  void runs(MemberProcess started) {
    process = started;
  }

  void goesDown() {
    if (process != null) {
      abandoned = List.copyOf(process.undurable);
    }
    process = null;
  }

  boolean isRunning(MemberProcess other) {
    return process != null && process.equals(other);
  }

  @Override
  public String toString() {
    return "host " + id;
  }
}
