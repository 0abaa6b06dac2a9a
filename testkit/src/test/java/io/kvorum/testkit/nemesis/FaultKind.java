package io.kvorum.testkit.nemesis;

/// What can happen to a cluster. Each ends again.
enum FaultKind {
  /// SIGKILL for one member, every other time the leader.
  KILL_ONE(Area.PROCESS),
  /// SIGKILL for more members than a quorum can lack.
  KILL_MAJORITY(Area.PROCESS),
  KILL_ALL(Area.PROCESS),
  /// Some members or all end, and some of what they had not synced is lost.
  POWER_LOSS(Area.PROCESS),
  /// SIGTERM for one member.
  TERMINATE(Area.PROCESS),
  /// One member is removed, every other time the leader, loses everything, and is added anew.
  REPLACE(Area.PROCESS),
  /// SIGSTOP for one member, every other time the leader.
  PAUSE(Area.PROCESS),
  /// One member, every other time the leader, and no other hear each other.
  ISOLATE(Area.NETWORK),
  /// As many members as a quorum can lack, and the others.
  SPLIT(Area.NETWORK),
  /// One member is not heard, or does not hear, or does not hear one other.
  ONE_WAY(Area.NETWORK),
  /// Two halves that have one member in common.
  BRIDGE(Area.NETWORK),
  /// Everything between members takes longer, on each way by its own time.
  SLOW_LINKS(Area.NETWORK),
  /// Connections break again and again.
  RESETS(Area.NETWORK),
  /// No room on one member's disk.
  FULL_DISK(Area.DISK),
  /// Each sync of one member's log takes longer, every other time the leader's.
  SLOW_SYNC(Area.DISK),
  /// The next sync of one member's log fails.
  FAILING_SYNC(Area.DISK),
  /// The leadership goes to another member, which the leader is asked for.
  MOVE_LEADER(Area.LEADERSHIP),
  /// The wall clock of one member, every other time the leader's, is set ahead, or back.
  CLOCK_JUMP(Area.CLOCK);

  /// Where it happens; faults of different areas may be there at one time.
  enum Area {
    PROCESS,
    NETWORK,
    DISK,
    LEADERSHIP,
    CLOCK
  }

  private final Area area;

  FaultKind(Area area) {
    this.area = area;
  }

  Area area() {
    return area;
  }

  /// Whether a member that is hit may end by itself.
  boolean mayEndMember() {
    return switch (this) {
      case FULL_DISK, FAILING_SYNC, REPLACE -> true;
      case KILL_ONE,
          KILL_MAJORITY,
          KILL_ALL,
          POWER_LOSS,
          TERMINATE,
          PAUSE,
          ISOLATE,
          SPLIT,
          ONE_WAY,
          BRIDGE,
          SLOW_LINKS,
          RESETS,
          SLOW_SYNC,
          MOVE_LEADER,
          CLOCK_JUMP ->
          false;
    };
  }
}
