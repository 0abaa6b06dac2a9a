package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply;
import java.util.List;
import java.util.Optional;

/// A follower's side of replication: fits a leader's entries to the log (Raft §5.3; raft.md R6, R7,
/// R12).
final class AppendAcceptor {
  private AppendAcceptor() {}

  /// Takes the entries in, and returns the answer that may leave once they are durable. None if
  /// this member has to apply others first: a leader counts that as a loss, and tries again with
  /// its next heartbeat.
  static Optional<AppendReply> accept(MemberState state, AppendEntries append) {
    LogView log = state.log();
    EntryId previous = append.previous();
    long committed = state.commits().committed();
    if (previous.index() < committed) {
      return Optional.of(new AppendReply.Matched(committed));
    }
    if (!log.holds(previous)) {
      long last = Math.min(previous.index(), log.lastIndex());
      return Optional.of(
          new AppendReply.Conflict(previous.index(), log.lastAtMost(last, previous.term())));
    }
    if (!append.entries().isEmpty() && state.commits().isBehind()) {
      return Optional.empty();
    }
    appendNew(state, append.entries());
    long matched = previous.index() + append.entries().size();
    state.commits().commitTo(Math.min(append.commitIndex(), matched));
    return Optional.of(new AppendReply.Matched(matched));
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
