package io.kvorum.raft.log;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.EntryId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;

/// The terms of a stretch of the log as a short list of runs: terms never fall along a log, and a
/// term has thousands of entries.
final class TermRuns {
  private EntryId previous;
  private EntryId last;
  private final Deque<TermRun> runs = new ArrayDeque<>();

  /// An empty stretch right after `previous`.
  TermRuns(EntryId previous) {
    this.previous = previous;
    this.last = previous;
  }

  /// The id right before the first entry.
  EntryId previous() {
    return previous;
  }

  /// The newest entry, or `previous` if there is none.
  EntryId last() {
    return last;
  }

  /// Appends the entry after the last.
  void add(EntryId id) {
    Invariant.check(id.index() == last.index() + 1, "entry %s follows %s", id, last);
    if (runs.isEmpty() || runs.getLast().term() != id.term()) {
      runs.addLast(new TermRun(id));
    }
    last = id;
  }

  /// Discards the entries from `index` on, which lies after `previous`.
  void truncateFrom(long index) {
    Invariant.check(index > previous.index(), "truncation at %d, log after %s", index, previous);
    while (!runs.isEmpty() && runs.getLast().firstIndex() >= index) {
      runs.removeLast();
    }
    if (index <= last.index()) {
      last = runs.isEmpty() ? previous : new EntryId(runs.getLast().term(), index - 1);
    }
  }

  /// Gives up the entries up to `index`, which is one of them.
  void dropThrough(long index) {
    OptionalLong term = termAt(index);
    Invariant.check(term.isPresent(), "drop of %d from (%s, %s]", index, previous, last);
    if (index == previous.index()) {
      return;
    }
    EntryId dropped = new EntryId(term.getAsLong(), index);
    while (!runs.isEmpty() && runs.getFirst().firstIndex() <= index) {
      runs.removeFirst();
    }
    boolean cutARun =
        index < last.index() && (runs.isEmpty() || runs.getFirst().firstIndex() > index + 1);
    if (cutARun) {
      runs.addFirst(new TermRun(new EntryId(dropped.term(), index + 1)));
    }
    previous = dropped;
  }

  /// The term of an entry or of `previous`; nothing outside.
  OptionalLong termAt(long index) {
    if (index == previous.index()) {
      return OptionalLong.of(previous.term());
    }
    if (index < previous.index() || index > last.index()) {
      return OptionalLong.empty();
    }
    Iterator<TermRun> newestFirst = runs.descendingIterator();
    while (newestFirst.hasNext()) {
      TermRun run = newestFirst.next();
      if (run.firstIndex() <= index) {
        return OptionalLong.of(run.term());
      }
    }
    return OptionalLong.empty();
  }

  List<TermRun> runs() {
    return List.copyOf(runs);
  }
}
