package io.kvorum.server.propose;

import io.kvorum.proto.command.LogCommand.CommandCase;

/// Whether a command may use the reserve of an overloaded member.
enum Priority {
  ORDINARY,
  /// Frees resources, or keeps the cluster itself going.
  RESERVED;

  static Priority of(CommandCase command) {
    return switch (command) {
      case PUT, DELETE_RANGE, TXN, LEASE_GRANT -> ORDINARY;
      case COMPACTION,
          LEASE_REVOKE,
          LEASE_EXPIRY,
          LEASE_CHECKPOINTS,
          ALARM,
          MEMBER_ATTRIBUTES,
          CLUSTER_VERSION,
          MEMBER_CHANGE,
          MEMBER_ADDRESSES ->
          RESERVED;
      case COMMAND_NOT_SET -> throw new IllegalArgumentException("a command says nothing");
    };
  }
}
