package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply;
import java.util.List;

/// A follower's side of replication: fits a leader's entries to the log (Raft §5.3; raft.md R6,
/// R7).
final class AppendAcceptor {
  private AppendAcceptor() {}

  /// Takes the entries in, and returns the answer that may leave once they are durable.
  static AppendReply accept(MemberState state, AppendEntries append) {
    LogView log = state.log();
    EntryId previous = append.previous();
    long committed = state.commits().committed();
    if (previous.index() < committed) {
      return new AppendReply.Matched(committed);
    }
    if (!log.holds(previous)) {
      long last = Math.min(previous.index(), log.lastIndex());
      return new AppendReply.Conflict(previous.index(), log.lastAtMost(last, previous.term()));
    }
    appendNew(state, append.entries());
    long matched = previous.index() + append.entries().size();
    state.commits().commitTo(Math.min(append.commitIndex(), matched));
    return new AppendReply.Matched(matched);
  }

  /// Appends what is missing. Entries that are there already are left alone, so that an old
  /// duplicate cannot shorten the log.
  private static void appendNew(MemberState state, List<Entry> entries) {
    LogView log = state.log();
    for (Entry entry : entries) {
      if (log.holds(entry.id())) {
        continue;
      }
      if (entry.index() <= log.lastIndex()) {
        truncate(state, entry.index());
      }
      log.append(entry);
    }
  }

  private static void truncate(MemberState state, long index) {
    Invariant.check(
        index > state.commits().committed(),
        "truncation at %d, entries to %d are committed",
        index,
        state.commits().committed());
    state.log().truncateFrom(index);
    state.writes().truncatedFrom(index);
    state.held().truncatedTo(index - 1);
  }
}
