package io.kvorum.server.apply;

import io.kvorum.mvcc.MvccStore;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.ProgramOutdated;
import io.kvorum.server.command.Rejection;
import java.util.Optional;

/// Executes commands: the same log gives the same state and the same answers on every member.
///
/// A command was checked before it was proposed; here it can be refused, deterministically, but
/// never fail. One that this program does not know was written by a newer one: skipping it would
/// make members differ, so the member stops.
///
/// Owned by the thread `apply`.
final class StateMachine {
  private final KvCommands keys;
  private final TxnCommand transactions;
  private final LeaseBook leaseBook;
  private final LeaseCommands leases;
  private final AlarmCommands alarms;
  private final MembershipCommands members;

  /// Takes up where the store is.
  StateMachine(MvccStore store) {
    this.leaseBook = new LeaseBook(store);
    this.leases = new LeaseCommands(leaseBook);
    this.keys = new KvCommands(leaseBook.leases());
    this.transactions = new TxnCommand(keys);
    this.alarms = new AlarmCommands(store::meta);
    this.members = new MembershipCommands(store::meta);
  }

  LeaseBook leaseBook() {
    return leaseBook;
  }

  /// The replicated facts beside keys and leases, as they are now.
  ClusterState clusterState() {
    return new ClusterState(alarms.alarms(), members.membership(), members.version());
  }

  ApplyResult execute(LogCommand command, Execution execution) {
    Optional<Rejection> forbidden = alarms.forbids(command);
    if (forbidden.isPresent()) {
      return new ApplyResult.Rejected(forbidden.get());
    }
    return switch (command.getCommandCase()) {
      case PUT -> keys.put(command.getPut(), execution);
      case DELETE_RANGE -> keys.deleteRange(command.getDeleteRange(), execution);
      case TXN -> transactions.execute(command.getTxn(), execution);
      case COMPACTION -> CompactionCommand.execute(command.getCompaction(), execution);
      case LEASE_GRANT -> leases.grant(command.getLeaseGrant(), execution);
      case LEASE_REVOKE -> leases.revoke(command.getLeaseRevoke(), execution);
      case LEASE_EXPIRY -> leases.expire(command.getLeaseExpiry(), execution);
      case LEASE_CHECKPOINTS -> leases.checkpoint(command.getLeaseCheckpoints(), execution);
      case ALARM -> alarms.execute(command.getAlarm(), execution);
      case MEMBER_ATTRIBUTES -> members.execute(command.getMemberAttributes(), execution);
      case MEMBER_CHANGE -> members.execute(command.getMemberChange(), execution);
      case MEMBER_ADDRESSES -> members.execute(command.getMemberAddresses(), execution);
      case CLUSTER_VERSION -> members.execute(command.getClusterVersion(), execution);
      case COMMAND_NOT_SET ->
          throw new ProgramOutdated(
              "entry " + execution.entry() + " holds a command this program does not know");
    };
  }
}
