package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import java.util.List;

/// How far the log is committed, handed out for applying, and applied: `applied ≤ handedOut ≤
/// committed ≤ last` (raft.md I6).
final class CommitCursor {
  private final LogView log;
  private final RaftOptions.Limits limits;
  private long committed;
  private long handedOut;
  private long applied;
  private long handedOutBytes; // and not applied
  private long committedBytes; // and not applied
  private boolean isBehind;
  private long installing;

  CommitCursor(LogView log, RaftOptions.Limits limits, long committed, long applied) {
    this.log = log;
    this.limits = limits;
    this.committed = applied;
    this.handedOut = applied;
    this.applied = applied;
    commitTo(committed);
  }

  long committed() {
    return committed;
  }

  long applied() {
    return applied;
  }

  EntryId committedId() {
    return log.idAt(committed);
  }

  /// Commits everything up to `index`; returns whether that is news.
  boolean commitTo(long index) {
    if (index <= committed) {
      return false;
    }
    Invariant.check(
        index <= log.lastIndex(), "commit %d beyond the last index %d", index, log.lastIndex());
    while (committed < index) {
      committed++;
      committedBytes += log.entryAt(committed).payloadBytes();
    }
    return true;
  }

  /// Whether so much waits to be applied that memory must not take more: as much again as is handed
  /// out at a time. Ends when half of that is done, so that entries come in larger portions. What
  /// is not committed does not count: it may need more entries to be.
  boolean isBehind() {
    isBehind = committedBytes >= (isBehind ? 1 : 2) * limits.applyBytes();
    return isBehind;
  }

  /// Takes note that a snapshot has taken the place of everything up to `index`: it has to be
  /// applied before anything else is handed out (R12).
  void install(long index) {
    Invariant.check(index > committed, "%d is installed, %d is committed", index, committed);
    committed = index;
    installing = index;
    handedOut = index;
    handedOutBytes = 0;
    committedBytes = 0;
  }

  boolean isInstalling() {
    return installing > applied;
  }

  /// The next entries to apply: committed, durable on this member, and within the byte limit of
  /// what is being applied, but at least one if nothing is (R12).
  List<Entry> handOut(long durableIndex) {
    if (isInstalling()) {
      return List.of();
    }
    long end = Math.min(committed, durableIndex) + 1;
    long allowance = limits.applyBytes() - handedOutBytes;
    if (handedOut + 1 >= end || (allowance <= 0 && handedOut > applied)) {
      return List.of();
    }
    List<Entry> entries = log.slice(handedOut + 1, end, Math.max(allowance, 0));
    handedOut += entries.size();
    for (Entry entry : entries) {
      handedOutBytes += entry.payloadBytes();
    }
    return entries;
  }

  /// Takes note that everything up to `index` is applied; returns the payload bytes that frees.
  long applied(long index) {
    Invariant.check(
        index >= applied && index <= handedOut,
        "applied %d outside of [%d, %d]",
        index,
        applied,
        handedOut);
    if (isInstalling()) { // the entries are gone, and with them what they weighed
      applied = index;
      return 0;
    }
    long freed = 0;
    for (long each = applied + 1; each <= index; each++) {
      freed += log.entryAt(each).payloadBytes();
    }
    applied = index;
    handedOutBytes -= freed;
    committedBytes -= freed;
    return freed;
  }
}
