package io.kvorum.raft;

import io.kvorum.raft.membership.Configuration;
import java.util.ArrayList;
import java.util.List;

/// What tests in other packages may see of a core's inside.
public final class CoreProbe {
  private CoreProbe() {}

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
