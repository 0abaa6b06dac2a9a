package io.kvorum.server.apply;

import io.kvorum.lease.Lease;
import io.kvorum.lease.LeaseGeneration;
import io.kvorum.lease.LeaseId;
import io.kvorum.lease.Leases;
import io.kvorum.mvcc.LeaseRecord;
import io.kvorum.mvcc.MvccStore;
import java.util.Optional;

/// All leases: the replicated facts, and on a leader their deadlines. Keeps the two in step.
///
/// Owned by the thread `apply`.
final class LeaseBook {
  private final Leases leases = new Leases();
  private Optional<LeaseTenure> tenure = Optional.empty();

  LeaseBook(MvccStore store) {
    for (LeaseRecord record : store.leases()) {
      leases.grant(leaseOf(record));
    }
  }

  Leases leases() {
    return leases;
  }

  /// What this member does about leases as their leader; empty on a follower.
  Optional<LeaseTenure> tenure() {
    return tenure;
  }

  void begin(LeaseTenure begun) {
    tenure = Optional.of(begun);
  }

  void endTenure() {
    tenure = Optional.empty();
  }

  void granted(Lease lease, Execution execution) {
    leases.grant(lease);
    store(lease, execution);
    tenure.ifPresent(now -> now.deadlines().granted(lease, execution.clock().getAsLong()));
  }

  void revoked(LeaseId id, Execution execution) {
    var _ = leases.revoke(id);
    execution.batch().removeLease(id.value());
    tenure.ifPresent(now -> now.revoked(id));
  }

  void checkpointed(Lease changed, Execution execution) {
    store(changed, execution);
    tenure.ifPresent(now -> now.deadlines().checkpointed(changed));
  }

  private static void store(Lease lease, Execution execution) {
    execution
        .batch()
        .putLease(
            new LeaseRecord(
                lease.id().value(),
                lease.ttlSeconds(),
                lease.isCheckpointed() ? lease.remainingMillis() : 0,
                lease.generation().grantIndex()));
  }

  private static Lease leaseOf(LeaseRecord record) {
    LeaseId id = new LeaseId(record.id());
    LeaseGeneration generation = new LeaseGeneration(record.generation());
    return record.remainingMillis() == 0
        ? Lease.granted(id, record.ttlSeconds(), generation)
        : new Lease(id, record.ttlSeconds(), generation, record.remainingMillis());
  }
}
