package io.kvorum.raft;

import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// What tests in other packages may see of a core's inside.
public final class CoreProbe {
  private CoreProbe() {}

  /// A core whose parts are taken as they are, without the checks of a start from a disk.
  public static RaftCore unchecked(
      MemberId self, RaftOptions options, StartState start, RandomGenerator random) {
    LogView log = new LogView(start.base(), start.runStarts(), start.applied().index() + 1);
    start.unapplied().forEach(log::append);
    return new RaftCore(new MemberState(self, options, start, log), random);
  }

  /// Draws the present timeout again.
  public static void redrawTimeout(RaftCore core) {
    if (core.role() instanceof Role.Electable waiting) {
      waiting.timer().redraw();
    }
  }

  /// Messages that leave once storage command `sequence` is done.
  public static List<Envelope> restingOn(RaftCore core, long sequence) {
    return core.state().held().restingOn(sequence);
  }

  /// The entries whose payloads are in memory.
  public static List<Entry> entriesInMemory(RaftCore core) {
    LogView log = core.state().log();
    return log.slice(log.evictedTo() + 1, log.lastIndex() + 1, Long.MAX_VALUE);
  }

  public static Ballot ballot(RaftCore core) {
    return core.state().ballot();
  }

  public static Configuration configuration(RaftCore core) {
    return core.state().configuration();
  }

  public static long durableIndex(RaftCore core) {
    return core.state().writes().durableIndex();
  }

  public static boolean isInstalling(RaftCore core) {
    return core.state().commits().isInstalling();
  }

  /// Whether the core ignores campaigns for the sake of a leader it leads as, or hears (E7).
  public static boolean shieldsLeader(RaftCore core) {
    return core.state().options().election().checkQuorum()
        && switch (core.role()) {
          case Leader _ -> true;
          case Role.Electable waiting ->
              waiting.leader().isPresent() && waiting.timer().isWithinElectionTimeout();
        };
  }

  public static EntryId last(RaftCore core) {
    return core.state().log().last();
  }

  /// Whether the log holds this very entry, or something after it in place of all up to there.
  public static boolean holds(RaftCore core, EntryId id) {
    LogView log = core.state().log();
    return id.index() < log.base().index() || log.holds(id);
  }

  /// The id the log begins after.
  public static EntryId base(RaftCore core) {
    return core.state().log().base();
  }

  /// Every id in the log, in order.
  public static List<EntryId> ids(RaftCore core) {
    LogView log = core.state().log();
    List<EntryId> ids = new ArrayList<>();
    for (long index = log.base().index() + 1; index <= log.lastIndex(); index++) {
      ids.add(log.idAt(index));
    }
    return ids;
  }
}
