package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// What the core knows of the log without reading a disk: the term of every retained index, the
/// payloads of the newest ones, and where the configuration entries are that are not applied yet.
///
/// Everything appended here is on its way to the disk; [WriteLedger] knows how far it has come.
final class LogView {
  private TermRuns terms;
  private EntryWindow window;
  private final Deque<Long> unappliedConfigurations = new ArrayDeque<>();

  /// A log that begins right after `base`, the id of the last dropped entry, and has its first
  /// payload in memory at `windowIndex`.
  LogView(EntryId base, List<EntryId> runStarts, long windowIndex) {
    terms = new TermRuns(base, runStarts);
    window = new EntryWindow(windowIndex);
  }

  EntryId base() {
    return terms.base();
  }

  long lastIndex() {
    return window.endIndex() - 1;
  }

  EntryId last() {
    return idAt(lastIndex());
  }

  /// The id at a retained index or at the base.
  EntryId idAt(long index) {
    return new EntryId(termAt(index), index);
  }

  long termAt(long index) {
    Invariant.check(index <= lastIndex(), "index %d lies after the last, %d", index, lastIndex());
    return terms.termAt(index);
  }

  boolean isRetained(long index) {
    return index >= base().index() && index <= lastIndex();
  }

  /// Whether the log holds this very entry, or dropped it as its last.
  boolean holds(EntryId id) {
    return isRetained(id.index()) && terms.termAt(id.index()) == id.term();
  }

  /// The last id up to `index` whose term is at most `term`: where a peer whose log ends with
  /// `term` at `index` may still agree (R7).
  EntryId lastAtMost(long index, long term) {
    return terms.lastAtMost(Math.clamp(index, base().index(), lastIndex()), term);
  }

  void append(Entry entry) {
    terms.append(entry.id());
    window.append(entry);
    if (entry.kind() == EntryKind.CONFIGURATION) {
      unappliedConfigurations.addLast(entry.index());
    }
  }

  /// Truncates the suffix that starts at `index`.
  void truncateFrom(long index) {
    terms.truncateFrom(index);
    window.truncateFrom(index);
    while (!unappliedConfigurations.isEmpty() && unappliedConfigurations.getLast() >= index) {
      unappliedConfigurations.removeLast();
    }
  }

  /// Forgets everything; what follows comes right after `newBase`.
  void replaceWith(EntryId newBase) {
    terms = new TermRuns(newBase, List.of());
    window = new EntryWindow(newBase.index() + 1);
    unappliedConfigurations.clear();
  }

  /// Whether the payload of `index` is in memory.
  boolean isInWindow(long index) {
    return index >= window.firstIndex() && index <= lastIndex();
  }

  Entry entryAt(long index) {
    return window.get(index);
  }

  /// The entries of `[fromIndex, toIndex)`, cut when the payload passes `maxBytes`, at least one.
  List<Entry> slice(long fromIndex, long toIndex, long maxBytes) {
    if (fromIndex >= toIndex) {
      return List.of();
    }
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (long index = fromIndex; index < toIndex; index++) {
      Entry entry = window.get(index);
      bytes += entry.payloadBytes();
      if (bytes > maxBytes && !entries.isEmpty()) {
        break;
      }
      entries.add(entry);
    }
    return entries;
  }

  /// Whether a configuration entry up to `commitIndex` waits to be applied (E2).
  boolean hasUnappliedConfiguration(long commitIndex) {
    return !unappliedConfigurations.isEmpty() && unappliedConfigurations.getFirst() <= commitIndex;
  }

  /// The index up to which the log itself proves what is committed: a configuration entry is only
  /// ever appended after the one before it was applied (RC4, M8). 0 if it proves nothing.
  long commitProvenByConfigurations() {
    if (unappliedConfigurations.size() < 2) {
      return 0;
    }
    Long[] indexes = unappliedConfigurations.toArray(Long[]::new);
    return indexes[indexes.length - 2];
  }

  /// The last configuration entry in the log that is not applied, or 0.
  long lastUnappliedConfiguration() {
    return unappliedConfigurations.isEmpty() ? 0 : unappliedConfigurations.getLast();
  }

  /// Takes note that everything up to `index` is applied, and evicts payloads beyond the tail.
  void applied(long index, RaftOptions.Tail tail) {
    while (!unappliedConfigurations.isEmpty() && unappliedConfigurations.getFirst() <= index) {
      unappliedConfigurations.removeFirst();
    }
    while (window.size() > 0
        && window.firstIndex() <= index
        && (index - window.firstIndex() + 1 > tail.entries()
            || window.payloadBytes() > tail.bytes())) {
      window.evictFirst();
    }
  }

  /// How far the prefix may be dropped so that everything in memory stays.
  long evictedTo() {
    return window.firstIndex() - 1;
  }

  /// Drops the prefix up to and including `index`, whose payloads are evicted already.
  void dropTo(long index) {
    Invariant.check(
        index <= evictedTo(), "prefix to %d is dropped, %d is still used", index, evictedTo());
    terms.dropTo(index);
  }
}
