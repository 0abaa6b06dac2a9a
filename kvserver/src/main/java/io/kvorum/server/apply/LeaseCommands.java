package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.lease.Lease;
import io.kvorum.lease.LeaseGeneration;
import io.kvorum.lease.LeaseId;
import io.kvorum.lease.Leases;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.command.Checkpoint;
import io.kvorum.proto.command.ExpiredLease;
import io.kvorum.proto.command.LeaseCheckpoints;
import io.kvorum.proto.command.LeaseExpiry;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.LeaseRevokeResponse;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.util.Optional;

/// Grants, revokes and checkpoints leases (api.md §3.4).
///
/// What a leader has decided about time, expiries and checkpoints, counts only under the term in
/// which it was decided: the entry's own. So a leader that was deposed without noticing hurts no
/// lease (raft.md B6).
///
/// Owned by the thread `apply`.
final class LeaseCommands {
  private static final long SHORTEST_TTL_SECONDS = 1;

  private final LeaseBook book;
  private final Leases leases;

  LeaseCommands(LeaseBook book) {
    this.book = book;
    this.leases = book.leases();
  }

  ApplyResult grant(LeaseGrantRequest request, Execution execution) {
    LeaseId id = new LeaseId(request.getID());
    if (request.getTTL() > Lease.MAX_TTL_SECONDS) {
      return rejected(new Rejection.LeaseTtlTooLarge(request.getTTL()));
    }
    if (request.getID() == 0) {
      return rejected(new Rejection.LeaseNotFound(id));
    }
    if (leases.contains(id)) {
      return rejected(new Rejection.LeaseExists(id));
    }
    long ttlSeconds = Math.max(request.getTTL(), SHORTEST_TTL_SECONDS);
    LeaseGeneration generation = new LeaseGeneration(execution.entry().index());
    book.granted(Lease.granted(id, ttlSeconds, generation), execution);
    return new ApplyResult.Applied(
        LeaseGrantResponse.newBuilder().setID(id.value()).setTTL(ttlSeconds).build(),
        execution.batch().head());
  }

  ApplyResult revoke(LeaseRevokeRequest request, Execution execution) {
    LeaseId id = new LeaseId(request.getID());
    if (!leases.contains(id)) {
      return rejected(new Rejection.LeaseNotFound(id));
    }
    long revision = revoke(id, execution);
    return new ApplyResult.Applied(LeaseRevokeResponse.getDefaultInstance(), revision);
  }

  /// Revokes leases whose time is up, each in a revision of its own if it has keys. One that was
  /// granted anew meanwhile has another generation and stays.
  ApplyResult expire(LeaseExpiry expiry, Execution execution) {
    if (expiry.getTerm() == execution.entry().term()) {
      for (ExpiredLease expired : expiry.getLeasesList()) {
        LeaseId id = new LeaseId(expired.getId());
        LeaseGeneration generation = new LeaseGeneration(expired.getGeneration());
        if (leases.find(id).filter(lease -> lease.generation().equals(generation)).isPresent()) {
          var _ = revoke(id, execution);
        }
      }
    }
    return new ApplyResult.Applied(LeaseExpiry.getDefaultInstance(), execution.batch().head());
  }

  ApplyResult checkpoint(LeaseCheckpoints checkpoints, Execution execution) {
    if (checkpoints.getTerm() == execution.entry().term()) {
      for (Checkpoint checkpoint : checkpoints.getCheckpointsList()) {
        apply(checkpoint, execution);
      }
    }
    return new ApplyResult.Applied(LeaseCheckpoints.getDefaultInstance(), execution.batch().head());
  }

  private void apply(Checkpoint checkpoint, Execution execution) {
    LeaseId id = new LeaseId(checkpoint.getId());
    LeaseGeneration generation = new LeaseGeneration(checkpoint.getGeneration());
    boolean clears = checkpoint.getRemainingMillis() == 0;
    Optional<Lease> changed =
        clears
            ? leases.clearCheckpoint(id, generation)
            : leases.checkpoint(id, generation, checkpoint.getRemainingMillis());
    changed.ifPresent(lease -> book.checkpointed(lease, execution));
    if (clears) {
      leases
          .find(id)
          .filter(lease -> lease.generation().equals(generation))
          .ifPresent(lease -> book.tenure().ifPresent(now -> now.cleared(lease)));
    }
  }

  /// Deletes the attached keys in ascending order, all in one revision, and forgets the lease.
  private long revoke(LeaseId id, Execution execution) {
    WriteTxn txn = execution.batch().write();
    for (ByteString key : execution.batch().attachedKeys(id.value())) {
      var _ = txn.deleteRange(KeyRange.single(key), false);
    }
    long revision = txn.end();
    book.revoked(id, execution);
    return revision;
  }

  private static ApplyResult rejected(Rejection rejection) {
    return new ApplyResult.Rejected(rejection);
  }
}
