package io.kvorum.raft.snapshot;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// A checkpoint on the disk, and who still needs it: members whose offer may come, for the first
/// time or after a failure, and members it is being sent to. Owned by the thread `snapshots`,
/// except for what never changes.
final class OutgoingSnapshot {
  private final SnapshotId id;
  private final Path directory;
  private final SnapshotMarker marker;
  private final List<SnapshotFile> files;
  private final long takenNanos;
  private final Map<MemberId, Long> keptUntilNanos = new TreeMap<>();
  private final Set<MemberId> receivers = new TreeSet<>();

  private OutgoingSnapshot(
      SnapshotId id,
      Path directory,
      SnapshotMarker marker,
      List<SnapshotFile> files,
      long takenNanos) {
    this.id = id;
    this.directory = directory;
    this.marker = marker;
    this.files = List.copyOf(files);
    this.takenNanos = takenNanos;
  }

  /// What was put into `directory`.
  static OutgoingSnapshot of(SnapshotId id, Path directory, SnapshotMarker marker, long nowNanos)
      throws IOException {
    List<SnapshotFile> files = new ArrayList<>();
    try (Stream<Path> paths = Files.list(directory)) {
      for (Path path : paths.sorted().toList()) {
        files.add(new SnapshotFile(String.valueOf(path.getFileName()), Files.size(path)));
      }
    }
    return new OutgoingSnapshot(id, directory, marker, files, nowNanos);
  }

  SnapshotId id() {
    return id;
  }

  Path directory() {
    return directory;
  }

  SnapshotMarker marker() {
    return marker;
  }

  long index() {
    return marker.id().index();
  }

  List<SnapshotFile> files() {
    return files;
  }

  /// Whether it would help the member (S1, S2).
  boolean helps(SnapshotWanted wanted) {
    return index() >= wanted.minIndex() && marker.configuration().members().contains(wanted.peer());
  }

  /// The member may still want it until then.
  void keepFor(MemberId peer, long untilNanos) {
    keptUntilNanos.put(peer, untilNanos);
  }

  boolean isKeptFor(MemberId peer) {
    return keptUntilNanos.containsKey(peer);
  }

  void begin(MemberId peer) {
    keptUntilNanos.remove(peer);
    Invariant.check(receivers.add(peer), "snapshot %s goes to %s twice", id, peer);
  }

  void end(MemberId peer) {
    Invariant.check(receivers.remove(peer), "snapshot %s does not go to %s", id, peer);
  }

  boolean isNeeded(long nowNanos) {
    keptUntilNanos.values().removeIf(until -> until - nowNanos <= 0);
    return !keptUntilNanos.isEmpty() || !receivers.isEmpty();
  }

  boolean isTakenSince(long sinceNanos) {
    return takenNanos - sinceNanos >= 0;
  }
}
