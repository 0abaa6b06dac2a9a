package io.kvorum.raft;

import io.kvorum.raft.Ready.LogRead;
import io.kvorum.raft.Ready.ReadVerdict;
import io.kvorum.raft.Ready.RefusedProposal;
import io.kvorum.raft.Ready.RoleChange;
import io.kvorum.raft.Ready.SnapshotWanted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Collects effects between two drains.
final class Outbox {
  private final List<Envelope> messages = new ArrayList<>();
  private final List<SnapshotWanted> snapshotsWanted = new ArrayList<>();
  private final List<LogRead> logReads = new ArrayList<>();
  private final List<ReadVerdict> reads = new ArrayList<>();
  private final List<RefusedProposal> refusals = new ArrayList<>();
  private OptionalLong dropLogTo = OptionalLong.empty();
  private Optional<SnapshotMarker> install = Optional.empty();

  void send(Envelope envelope) {
    messages.add(envelope);
  }

  void wantSnapshot(SnapshotWanted wanted) {
    snapshotsWanted.add(wanted);
  }

  void install(SnapshotMarker marker) {
    install = Optional.of(marker);
  }

  void readLog(LogRead read) {
    logReads.add(read);
  }

  void decideRead(ReadVerdict verdict) {
    reads.add(verdict);
  }

  void refuse(long token, ProposalRefusal refusal) {
    refusals.add(new RefusedProposal(token, refusal));
  }

  void dropLogTo(long index) {
    dropLogTo = OptionalLong.of(index);
  }

  /// Moves everything collected into a `Ready`.
  Ready drain(Optional<Persist> persist, List<Entry> committed, Optional<RoleChange> roleChange) {
    Ready ready =
        new Ready(
            messages,
            persist,
            install,
            snapshotsWanted,
            logReads,
            committed,
            reads,
            refusals,
            dropLogTo,
            roleChange);
    messages.clear();
    install = Optional.empty();
    snapshotsWanted.clear();
    logReads.clear();
    reads.clear();
    refusals.clear();
    dropLogTo = OptionalLong.empty();
    return ready.isEmpty() ? Ready.NOTHING : ready;
  }
}
