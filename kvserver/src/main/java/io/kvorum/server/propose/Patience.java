package io.kvorum.server.propose;

import io.kvorum.proto.command.LogCommand.CommandCase;

/// What happens to a command that comes too early: no leader is known, or it hands over.
enum Patience {
  /// It waits and is proposed again.
  PARKED,
  /// It fails at once. What a leader says about leases holds at the moment: a note proposed again
  /// later could follow the one that clears it, and end a lease that was renewed in between.
  NONE;

  static Patience of(CommandCase command) {
    return switch (command) {
      case LEASE_EXPIRY, LEASE_CHECKPOINTS -> NONE;
      case PUT,
          DELETE_RANGE,
          TXN,
          LEASE_GRANT,
          COMPACTION,
          LEASE_REVOKE,
          ALARM,
          MEMBER_ATTRIBUTES,
          CLUSTER_VERSION,
          MEMBER_CHANGE,
          MEMBER_ADDRESSES ->
          PARKED;
      case COMMAND_NOT_SET -> throw new IllegalArgumentException("a command says nothing");
    };
  }
}
