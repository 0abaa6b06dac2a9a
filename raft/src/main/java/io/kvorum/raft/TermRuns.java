package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import java.util.ArrayList;
import java.util.List;

/// The term of every retained index, as runs of equal terms: a log of millions of entries has a
/// handful of them. Begins at a base, the id of the last entry that was dropped.
final class TermRuns {
  /// Where each run begins, ascending in index and in term. The first one is the base.
  private final List<EntryId> starts = new ArrayList<>();

  /// @param runStarts the first id of every further term after `base`, ascending
  TermRuns(EntryId base, List<EntryId> runStarts) {
    starts.add(base);
    runStarts.forEach(this::append);
  }

  EntryId base() {
    return starts.getFirst();
  }

  /// The term of a retained index, the base included.
  long termAt(long index) {
    return starts.get(runOf(index)).term();
  }

  /// The last index up to `index` whose term is at most `term`; the base if there is none.
  EntryId lastAtMost(long index, long term) {
    long last = index;
    for (int run = runOf(index); run >= 0; run--) {
      EntryId start = starts.get(run);
      if (start.term() <= term) {
        return new EntryId(start.term(), last);
      }
      last = start.index() - 1;
    }
    return base();
  }

  void append(EntryId id) {
    long last = starts.getLast().term();
    Invariant.check(id.term() >= last, "entry %s after term %d", id, last);
    if (id.term() > last) {
      starts.add(id);
    }
  }

  /// Forgets `index` and everything after it.
  void truncateFrom(long index) {
    Invariant.check(index > base().index(), "truncation at %d reaches the base %s", index, base());
    while (starts.size() > 1 && starts.getLast().index() >= index) {
      starts.removeLast();
    }
  }

  /// Makes `index` the base.
  void dropTo(long index) {
    EntryId base = new EntryId(termAt(index), index);
    while (starts.size() > 1 && starts.get(1).index() <= index) {
      starts.removeFirst();
    }
    starts.set(0, base);
  }

  private int runOf(long index) {
    Invariant.check(index >= base().index(), "index %d lies before the base %s", index, base());
    int run = starts.size() - 1;
    while (starts.get(run).index() > index) {
      run--;
    }
    return run;
  }
}
