package io.kvorum.raft.log;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.LogRecord.MarkerMode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What a log says once all its records are taken in order: the newest hard state and marker, and
/// which entries stand (W5). Built by recovery, kept up by the thread `log`.
///
/// Each `take` answers what is wrong with the record, or null: to recovery that is corruption, to
/// the writer a broken program.
final class LogContents {
  private HardState hardState = HardState.NONE;
  private @Nullable SnapshotMarker marker;
  private TermRuns terms;
  private final List<Long> configurationIndexes = new ArrayList<>();

  /// Starts with the segment whose header names `previous` as the entry before it.
  LogContents(EntryId previous) {
    this.terms = new TermRuns(previous);
  }

  HardState hardState() {
    return hardState;
  }

  /// The newest marker; null only in a log that was never founded.
  @Nullable SnapshotMarker marker() {
    return marker;
  }

  TermRuns terms() {
    return terms;
  }

  EntryId last() {
    return terms.last();
  }

  long firstIndex() {
    return terms.previous().index() + 1;
  }

  /// The index of the last configuration entry but one, or 0: it is known to be committed, because
  /// a leader proposes a second change only after it applied the first (M8, RC4).
  long commitFloor() {
    int count = configurationIndexes.size();
    return count < 2 ? 0 : configurationIndexes.get(count - 2);
  }

  /// The index of the last configuration entry up to `index`, or 0.
  long configurationUpTo(long index) {
    return configurationIndexes.stream().filter(at -> at <= index).reduce(0L, Math::max);
  }

  @Nullable String take(HardState next) {
    if (next.ballot().term() < hardState.ballot().term()) {
      return "term %d falls to %d".formatted(hardState.ballot().term(), next.ballot().term());
    }
    boolean changedVote =
        next.ballot().term() == hardState.ballot().term()
            && hardState.ballot().vote().isPresent()
            && !hardState.ballot().vote().equals(next.ballot().vote());
    if (changedVote) {
      return "the vote of term " + next.ballot().term() + " changes";
    }
    if (next.commitIndex() < hardState.commitIndex()) {
      return "commit index %d falls to %d".formatted(hardState.commitIndex(), next.commitIndex());
    }
    if (next.commitIndex() > last().index()) {
      return "commit index %d lies beyond the last entry %s".formatted(next.commitIndex(), last());
    }
    hardState = next;
    return null;
  }

  @Nullable String take(EntryId id, EntryKind kind) {
    if (id.index() > last().index() + 1) {
      return "entry %s follows %s".formatted(id, last());
    }
    if (id.index() <= last().index()) {
      if (id.index() <= hardState.commitIndex()) {
        return "entry %s replaces a committed one".formatted(id); // I25
      }
      truncateFrom(id.index());
    }
    if (id.term() < last().term()) {
      return "entry %s has an older term than %s".formatted(id, last());
    }
    terms.add(id);
    if (kind == EntryKind.CONFIGURATION) {
      configurationIndexes.add(id.index());
    }
    return null;
  }

  @Nullable String take(SnapshotMarker next, MarkerMode mode) {
    if (mode != modeOf(next) && !isBehind(next)) {
      return "marker %s is %s, the log holds (%s, %s]"
          .formatted(next.id(), mode, terms.previous(), last());
    }
    if (mode == MarkerMode.REPLACED) {
      terms = new TermRuns(next.id());
      configurationIndexes.clear();
    }
    marker = next;
    return null;
  }

  /// Whether the log keeps its entries under this marker (S5): it does if it holds the marker's id.
  MarkerMode modeOf(SnapshotMarker next) {
    OptionalLong term = terms.termAt(next.id().index());
    boolean holds = term.isPresent() && term.getAsLong() == next.id().term();
    return holds || isBehind(next) ? MarkerMode.KEPT : MarkerMode.REPLACED;
  }

  /// Whether the marker lies where this log no longer knows terms, so that nothing can conflict.
  private boolean isBehind(SnapshotMarker next) {
    EntryId previous = terms.previous();
    return next.id().index() < previous.index()
        || (next.id().index() == previous.index() && previous.term() == 0);
  }

  /// Gives up the entries up to `index`, or as many as there are.
  void dropThrough(long index) {
    long upTo = Math.min(index, last().index());
    if (upTo > terms.previous().index()) {
      terms.dropThrough(upTo);
      configurationIndexes.removeIf(at -> at <= upTo);
    }
  }

  private void truncateFrom(long index) {
    if (index <= terms.previous().index()) {
      // Entries before this segment were replaced after it began; those that stand start here, and
      // nothing is known of the term before them.
      terms = new TermRuns(new EntryId(0, index - 1));
    } else {
      terms.truncateFrom(index);
    }
    configurationIndexes.removeIf(at -> at >= index);
  }
}
