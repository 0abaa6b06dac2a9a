package io.kvorum.raft;

import io.kvorum.raft.membership.Configuration;
import java.util.List;

/// What a member starts from: its log and hard state as recovered from the disk, and how far its
/// state machine is (raft.md RC1).
///
/// @param base the id right before the first entry of the log
/// @param runStarts the first id of every further term between `base` and `applied`, ascending
/// @param last the newest entry of the log
/// @param applied the last entry whose effect the state machine holds
/// @param unapplied every entry after `applied`
/// @param configuration the one in force at `applied`
public record StartState(
    HardState hardState,
    EntryId base,
    List<EntryId> runStarts,
    EntryId last,
    EntryId applied,
    List<Entry> unapplied,
    Configuration configuration) {
  public StartState {
    runStarts = List.copyOf(runStarts);
    unapplied = List.copyOf(unapplied);
  }

  /// The log as the core sees it, or a refusal if the parts contradict each other.
  LogView openLog() {
    if (applied.index() < base.index()) {
      throw new StartRefused(
          "the log begins after entry %s, but the state machine is only at %s"
              .formatted(base, applied));
    }
    if (last.index() < applied.index()) {
      throw new StartRefused(
          "the log ends with entry %s, but the state machine is at %s: durable entries are lost"
              .formatted(last, applied));
    }
    if (hardState.ballot().term() < last.term()) {
      throw new StartRefused(
          "the log ends with entry %s, but the recorded term is only %d"
              .formatted(last, hardState.ballot().term()));
    }
    LogView log = new LogView(base, runStarts, applied.index() + 1);
    if (!log.holds(applied)) {
      throw new StartRefused(
          "the state machine is at entry %s, the log holds %s there"
              .formatted(applied, log.idAt(applied.index())));
    }
    unapplied.forEach(log::append);
    if (!log.last().equals(last)) {
      throw new StartRefused(
          "the log ends with entry %s, but only entries to %s can be read"
              .formatted(last, log.last()));
    }
    return log;
  }

  /// The commit index to start with: all that is known from any source (RC2, RC4).
  long commitIndex(LogView log) {
    long commit = Math.max(hardState.commitIndex(), applied.index());
    commit = Math.max(commit, log.commitProvenByConfigurations());
    if (commit > log.lastIndex()) {
      throw new StartRefused(
          "entries up to %d were committed, the log ends with %s: durable entries are lost"
              .formatted(commit, log.last()));
    }
    return commit;
  }
}
