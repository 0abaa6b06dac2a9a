package io.kvorum.raft.simulation;

/// A class of faults that a seed has switched on or off (raft.md §4.1).
enum Fault {
  /// Members' clocks run between half and double speed.
  CLOCK_RATE,
  /// A member stands still, and finds everything that came meanwhile when it goes on.
  PAUSE,
  /// A pause ends with all the ticks that were missed.
  TICK_BURST,
  LOSS,
  DUPLICATION,
  /// Delays with a heavy tail, so that messages overtake each other.
  REORDERING,
  /// Messages of long ago arrive once more.
  REPLAY,
  /// One direction between two members stands still for a while, then delivers everything.
  CLOG,
  /// A link takes no more than so many messages at a time.
  NARROW_LINK,
  /// Cuts: one member alone, halves, random groups, one direction, a bridge.
  PARTITION,
  /// Connections are reported as broken, processes as gone: those that are, and others.
  UNREACHABLE,
  /// A process dies, the machine lives.
  KILL,
  /// The machine loses what was not synced, sector by sector.
  POWER_LOSS,
  /// All members go down together.
  BLACKOUT,
  /// A process dies between two effects of one `Ready`.
  EFFECT_CRASH,
  /// A process dies between two operations on its files.
  IO_CRASH,
  /// A process dies while it recovers its log.
  RECOVERY_CRASH,
  DISK_STALL,
  SHORT_WRITE,
  FORCE_FAILURE,
  DISK_FULL,
  /// A bit of a durable log flips; never on so many members that a quorum is hurt.
  BIT_ROT,
  /// A log directory is lost; its member must not come back under its id.
  WIPE,
  /// Members come, go, are promoted and demoted.
  MEMBERSHIP,
  /// The log's prefix is dropped early, so that followers need snapshots.
  COMPACTION,
  SLOW_STREAM,
  STREAM_ABORT,
  STREAM_CORRUPTION,
  TRANSFER,
  /// Proposals larger than every limit.
  HUGE_ENTRY,
  /// Several inputs are stepped before one drain.
  BATCHING
}
