package io.kvorum.server.apply;

import io.kvorum.lease.LeaseLimits;
import io.kvorum.lease.Leases;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.config.MemberConfig;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Everything the log drives, built in order from what the store holds: the [Applier] with its
/// commands, leases with their clocks, alarms, members and scheduled compaction.
public final class StateMachine implements AutoCloseable {
  private final Applier applier;
  private final LeaderLeases lessor;
  private final AlarmCommands alarms;
  private final MembershipCommands membership;

  /// @param raft the newest status of this member
  /// @param failures told what ended the thread `apply` before its time
  public StateMachine(
      MvccStore store,
      MemberConfig config,
      Applier.Outlets outlets,
      Supplier<RaftStatus> raft,
      LongSupplier nanoClock,
      Thread.UncaughtExceptionHandler failures) {
    Leases leases = LeaseCommands.load(store.leases());
    LeaseCommands leaseCommands = new LeaseCommands(leases, nanoClock);
    this.alarms = new AlarmCommands(store.meta(AlarmCommands.metaName()));
    this.membership =
        new MembershipCommands(
            store.meta(MembershipCommands.MEMBERSHIP),
            store.meta(MembershipCommands.CLUSTER_VERSION));
    Commands commands = new Commands(new KvCommands(leases), leaseCommands, alarms, membership);
    this.applier = new Applier(store, commands, outlets, nanoClock, failures);
    LeaderLeases.Member member = new LeaderLeases.Member(store, raft, outlets.proposals(), applier);
    LeaseLimits limits =
        LeaseLimits.of(config.consensus().electionTimeout(), config.consensus().requestTimeout());
    this.lessor = new LeaderLeases(leases, leaseCommands, limits, member, nanoClock);
    applier.every(lessor);
    applier.every(
        new CompactionSchedule(new AutoCompaction(config.storage().compaction()), member));
  }

  /// Starts the thread `apply`.
  public void start() {
    applier.start();
  }

  public Applier applier() {
    return applier;
  }

  public Lessor lessor() {
    return lessor;
  }

  public AlarmCommands alarms() {
    return alarms;
  }

  public MembershipCommands membership() {
    return membership;
  }

  /// Applies what has been handed over and ends the thread `apply`.
  @Override
  public void close() {
    applier.close();
  }
}
