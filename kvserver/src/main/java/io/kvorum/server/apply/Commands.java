package io.kvorum.server.apply;

import io.kvorum.invariant.Invariant;
import io.kvorum.lease.LeaseId;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.raft.EntryId;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.util.Optional;

/// What each command of the log does: the one switch from a command to the file that applies it.
/// Owned by the thread `apply`. Deterministic: the same entries give the same state and results on
/// every member.
record Commands(
    KvCommands kv, LeaseCommands leases, AlarmCommands alarms, MembershipCommands membership) {

  ApplyResult apply(ApplyBatch batch, EntryId entry, LogCommand command, TxnCommand.Answer answer) {
    Optional<Rejection> forbidden = alarms.forbids(command);
    if (forbidden.isPresent()) {
      return new ApplyResult.Rejected(forbidden.get());
    }
    return switch (command.getCommandCase()) {
      case PUT -> kv.put(batch, command.getPut());
      case DELETE_RANGE -> kv.deleteRange(batch, command.getDeleteRange());
      case TXN -> new TxnCommand(kv).apply(batch, command.getTxn(), answer);
      case COMPACTION -> KvCommands.compact(batch, command.getCompaction());
      case LEASE_GRANT -> leases.grant(batch, entry, command.getLeaseGrant());
      case LEASE_REVOKE -> leases.revoke(batch, new LeaseId(command.getLeaseRevoke().getID()));
      case LEASE_EXPIRY -> leases.expire(batch, entry, command.getLeaseExpiry());
      case LEASE_CHECKPOINTS -> leases.checkpoint(batch, entry, command.getLeaseCheckpoints());
      case ALARM -> alarms.apply(batch, command.getAlarm());
      case MEMBER_ATTRIBUTES -> membership.attributes(batch, command.getMemberAttributes());
      case CLUSTER_VERSION -> membership.clusterVersion(batch, command.getClusterVersion());
      case COMMAND_NOT_SET -> {
        Invariant.check(false, "entry %s holds no command this program knows", entry);
        throw new AssertionError("unreachable");
      }
    };
  }
}
