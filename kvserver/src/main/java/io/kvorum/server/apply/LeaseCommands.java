package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.lease.Lease;
import io.kvorum.lease.LeaseDeadlines;
import io.kvorum.lease.LeaseGeneration;
import io.kvorum.lease.LeaseId;
import io.kvorum.lease.Leases;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.LeaseRecord;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.command.Checkpoint;
import io.kvorum.proto.command.ExpiredLease;
import io.kvorum.proto.command.LeaseCheckpoints;
import io.kvorum.proto.command.LeaseExpiry;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseRevokeResponse;
import io.kvorum.raft.EntryId;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Applies grants, revokes, expiries and checkpoints of leases (etcd API: Lease; design §8), and
/// keeps the leader's deadlines in step with them. Owned by the thread `apply`.
///
/// What the leader derives from its clock carries the term in which it did so: in an entry of
/// another term it is ignored, so that a leader that was paused harms nobody (raft.md B6).
final class LeaseCommands {
  private final Leases leases;
  private final LongSupplier nanoClock;
  private @Nullable LeaseDeadlines deadlines; // present while this member leads

  LeaseCommands(Leases leases, LongSupplier nanoClock) {
    this.leases = leases;
    this.nanoClock = nanoClock;
  }

  /// The leader's clock runs from here on; an empty one stops it.
  void follow(Optional<LeaseDeadlines> running) {
    deadlines = running.orElse(null);
  }

  ApplyResult grant(ApplyBatch batch, EntryId entry, LeaseGrantRequest request) {
    LeaseId id = new LeaseId(request.getID());
    if (request.getTTL() > Lease.MAX_TTL_SECONDS) {
      return new ApplyResult.Rejected(new Rejection.LeaseTtlTooLarge(request.getTTL()));
    }
    if (leases.contains(id)) {
      return new ApplyResult.Rejected(new Rejection.LeaseExists(id));
    }
    Lease lease = Lease.granted(id, request.getTTL(), new LeaseGeneration(entry.index()));
    leases.grant(lease);
    store(batch, lease);
    if (deadlines != null) {
      deadlines.granted(lease, nanoClock.getAsLong());
    }
    LeaseGrantResponse response =
        LeaseGrantResponse.newBuilder().setID(id.value()).setTTL(lease.ttlSeconds()).build();
    return new ApplyResult.Applied(response, batch.head());
  }

  ApplyResult revoke(ApplyBatch batch, LeaseId id) {
    if (!leases.contains(id)) {
      return new ApplyResult.Rejected(new Rejection.LeaseNotFound(id));
    }
    return new ApplyResult.Applied(LeaseRevokeResponse.getDefaultInstance(), forget(batch, id));
  }

  /// Deletes the keys in one revision, ascending, and then the lease.
  private long forget(ApplyBatch batch, LeaseId id) {
    WriteTxn txn = batch.write();
    for (ByteString key : batch.attachedKeys(id.value())) {
      txn.deleteRange(KeyRange.of(key, ByteString.EMPTY), false);
    }
    long head = txn.end();
    batch.removeLease(id.value());
    leases.revoke(id);
    if (deadlines != null) {
      deadlines.revoked(id);
    }
    return head;
  }

  ApplyResult expire(ApplyBatch batch, EntryId entry, LeaseExpiry command) {
    if (command.getTerm() == entry.term()) {
      for (ExpiredLease expired : command.getLeasesList()) {
        LeaseId id = new LeaseId(expired.getId());
        LeaseGeneration generation = new LeaseGeneration(expired.getGeneration());
        if (leases.find(id).filter(lease -> lease.generation().equals(generation)).isPresent()) {
          forget(batch, id);
        }
      }
    }
    return new ApplyResult.Applied(LeaseRevokeResponse.getDefaultInstance(), batch.head());
  }

  ApplyResult checkpoint(ApplyBatch batch, EntryId entry, LeaseCheckpoints command) {
    if (command.getTerm() == entry.term()) {
      for (Checkpoint note : command.getCheckpointsList()) {
        LeaseId id = new LeaseId(note.getId());
        LeaseGeneration generation = new LeaseGeneration(note.getGeneration());
        Optional<Lease> changed =
            note.getRemainingMillis() == 0
                ? leases.clearCheckpoint(id, generation)
                : leases.checkpoint(id, generation, note.getRemainingMillis());
        changed.ifPresent(lease -> noted(batch, lease));
      }
    }
    return new ApplyResult.Applied(LeaseRevokeResponse.getDefaultInstance(), batch.head());
  }

  private void noted(ApplyBatch batch, Lease lease) {
    store(batch, lease);
    if (deadlines != null) {
      deadlines.checkpointed(lease);
    }
  }

  private static void store(ApplyBatch batch, Lease lease) {
    batch.putLease(
        new LeaseRecord(
            lease.id().value(),
            lease.ttlSeconds(),
            lease.isCheckpointed() ? lease.remainingMillis() : 0,
            lease.generation().grantIndex()));
  }

  /// The leases as the store has them after a start.
  static Leases load(Iterable<LeaseRecord> records) {
    Leases leases = new Leases();
    for (LeaseRecord record : records) {
      Lease granted =
          Lease.granted(
              new LeaseId(record.id()),
              record.ttlSeconds(),
              new LeaseGeneration(record.generation()));
      leases.grant(granted);
      if (record.remainingMillis() > 0) {
        leases.checkpoint(granted.id(), granted.generation(), record.remainingMillis());
      }
    }
    return leases;
  }
}
