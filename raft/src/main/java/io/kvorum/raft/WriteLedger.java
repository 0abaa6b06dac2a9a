package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which storage commands are under way and what is durable already.
///
/// Every entry remembers the command that carries it, so that the completion of an overwritten
/// suffix says nothing about its replacement, whatever their indexes and terms (raft.md A2):
///
/// ```
/// command 1 carries 5..9     outstanding (1: to 9)            durable 4
/// 7..9 are overwritten by 7  outstanding (1: to 6)            durable 4
/// command 2 carries 7        outstanding (1: to 6) (2: to 7)  durable 4
/// command 1 completes        outstanding (2: to 7)            durable 6
/// ```
final class WriteLedger {
  /// A command under way; when it is done, the log is durable to `durableTo`.
  private record Outstanding(long sequence, long durableTo) {}

  private final LogView log;
  private final RaftOptions.Limits limits;
  private final Deque<Outstanding> outstanding = new ArrayDeque<>();
  private long lastSequence;
  private long completedSequence;
  private Ballot writtenBallot;
  private long writtenIndex;
  private long durableIndex;
  // Null almost always: a marker is written once per flush of the state store.
  private @Nullable SnapshotMarker marker;

  /// Starts with everything in `log` and `ballot` durable, as recovery has found them.
  WriteLedger(LogView log, Ballot ballot, RaftOptions.Limits limits) {
    this.log = log;
    this.limits = limits;
    this.writtenBallot = ballot;
    this.writtenIndex = log.lastIndex();
    this.durableIndex = log.lastIndex();
  }

  /// The log up to here, in its present form, survives a crash.
  long durableIndex() {
    return durableIndex;
  }

  /// The index up to which the log in its present form has been handed to storage.
  long writtenIndex() {
    return writtenIndex;
  }

  long lastSequence() {
    return lastSequence;
  }

  long completedSequence() {
    return completedSequence;
  }

  /// Whether something waits to be put into a command.
  boolean isDirty(Ballot ballot) {
    return writtenIndex < log.lastIndex() || !writtenBallot.equals(ballot) || marker != null;
  }

  boolean isIdle(Ballot ballot) {
    return outstanding.isEmpty() && !isDirty(ballot);
  }

  /// Puts `newMarker` into the next command, and returns the sequence it will have.
  long mark(SnapshotMarker newMarker) {
    marker = newMarker;
    return lastSequence + 1;
  }

  /// Takes note that a snapshot takes the place of the log, and returns the sequence of the command
  /// that will say so: nothing of the log in its new form is durable before.
  long replacedBy(SnapshotMarker snapshot) {
    truncatedFrom(snapshot.id().index());
    writtenIndex = snapshot.id().index();
    return mark(snapshot);
  }

  /// Takes note that the suffix from `index` on is being replaced.
  void truncatedFrom(long index) {
    writtenIndex = Math.min(writtenIndex, index - 1);
    durableIndex = Math.min(durableIndex, index - 1);
    for (int i = outstanding.size(); i > 0; i--) {
      Outstanding write = outstanding.removeFirst();
      outstanding.addLast(
          new Outstanding(write.sequence(), Math.min(write.durableTo(), index - 1)));
    }
  }

  /// The next command, unless nothing waits for one or enough are under way. Carries the ballot and
  /// commit index with the entries, in one batch (W4).
  Optional<Persist> next(Ballot ballot, long commitIndex) {
    if (!isDirty(ballot) || outstanding.size() >= limits.outstandingWrites()) {
      return Optional.empty();
    }
    var entries = log.slice(writtenIndex + 1, log.lastIndex() + 1, limits.writeBytes());
    lastSequence++;
    writtenIndex += entries.size();
    writtenBallot = ballot;
    outstanding.addLast(new Outstanding(lastSequence, writtenIndex));
    HardState hardState = new HardState(ballot, Math.min(commitIndex, writtenIndex));
    Optional<SnapshotMarker> carried = Optional.ofNullable(marker);
    marker = null;
    return Optional.of(new Persist(lastSequence, Optional.of(hardState), entries, carried));
  }

  /// Takes note that all commands up to `sequence` are durable.
  void completed(long sequence) {
    Invariant.check(
        sequence > completedSequence && sequence <= lastSequence,
        "command %d completed after %d of %d",
        sequence,
        completedSequence,
        lastSequence);
    completedSequence = sequence;
    while (!outstanding.isEmpty() && outstanding.getFirst().sequence() <= sequence) {
      durableIndex = Math.max(durableIndex, outstanding.removeFirst().durableTo());
    }
  }
}
