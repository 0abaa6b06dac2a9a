package io.kvorum.server.apply;

import io.kvorum.lease.Lease;
import io.kvorum.proto.command.ExpiredLease;
import io.kvorum.proto.command.LogCommand;
import java.util.List;
import java.util.Optional;

/// Finds the leases whose time is up, on the leader and a few times per second, and turns them into
/// one command. A proposal that fails is not repeated here: the lease comes up again when the
/// deadlines' retry time is over.
///
/// Owned by the thread `apply`.
final class LeaseExpiry {
  private LeaseExpiry() {}

  /// The command that revokes up to `max` leases past their deadline.
  static Optional<LogCommand.Builder> due(LeaseTenure tenure, long nowNanos, int max) {
    List<Lease> expired = tenure.deadlines().takeExpired(nowNanos, max);
    if (expired.isEmpty()) {
      return Optional.empty();
    }
    var expiry = io.kvorum.proto.command.LeaseExpiry.newBuilder().setTerm(tenure.term());
    for (Lease lease : expired) {
      expiry.addLeases(
          ExpiredLease.newBuilder()
              .setId(lease.id().value())
              .setGeneration(lease.generation().grantIndex()));
    }
    return Optional.of(LogCommand.newBuilder().setLeaseExpiry(expiry));
  }
}
