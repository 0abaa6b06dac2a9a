package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.lease.Leases;
import io.kvorum.mvcc.DeleteResult;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.server.command.ApiPairs;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.util.Optional;

/// Puts and deletes, alone and as operations of a transaction (api.md §3.1).
///
/// Owned by the thread `apply`.
final class KvCommands {
  private final Leases leases;

  KvCommands(Leases leases) {
    this.leases = leases;
  }

  ApplyResult put(PutRequest request, Execution execution) {
    WriteTxn txn = execution.batch().write();
    Optional<Rejection> refused = checkLease(request).or(() -> checkKept(request, txn));
    if (refused.isPresent()) {
      var _ = txn.end();
      return new ApplyResult.Rejected(refused.get());
    }
    PutResponse.Builder response = put(request, txn);
    return new ApplyResult.Applied(response.build(), txn.end());
  }

  ApplyResult deleteRange(DeleteRangeRequest request, Execution execution) {
    WriteTxn txn = execution.batch().write();
    DeleteRangeResponse.Builder response = deleteRange(request, txn, execution.audience());
    return new ApplyResult.Applied(response.build(), txn.end());
  }

  /// Refuses a put under a lease that does not exist.
  Optional<Rejection> checkLease(PutRequest request) {
    LeaseId lease = new LeaseId(request.getLease());
    return request.getLease() == 0 || leases.contains(lease)
        ? Optional.empty()
        : Optional.of(new Rejection.LeaseNotFound(lease));
  }

  /// Refuses a put that keeps the value or lease of a key which `txn` does not see.
  Optional<Rejection> checkKept(PutRequest request, WriteTxn txn) {
    boolean keeps = request.getIgnoreValue() || request.getIgnoreLease();
    return keeps && txn.get(request.getKey()).isEmpty()
        ? Optional.of(new Rejection.KeyNotFound())
        : Optional.empty();
  }

  /// Puts. What is to be kept of a pair that an earlier operation of the transaction has deleted is
  /// nothing: an empty value and no lease.
  PutResponse.Builder put(PutRequest request, WriteTxn txn) {
    ByteString value = request.getValue();
    long lease = request.getLease();
    if (request.getIgnoreValue() || request.getIgnoreLease()) {
      Optional<KeyValue> present = txn.get(request.getKey());
      if (request.getIgnoreValue()) {
        value = present.map(KeyValue::value).orElse(ByteString.EMPTY);
      }
      if (request.getIgnoreLease()) {
        lease = present.map(KeyValue::lease).orElse(0L);
      }
    }
    Optional<KeyValue> previous = txn.put(request.getKey(), value, lease);
    PutResponse.Builder response = PutResponse.newBuilder();
    if (request.getPrevKv()) {
      previous.ifPresent(pair -> response.setPrevKv(ApiPairs.of(pair)));
    }
    return response;
  }

  DeleteRangeResponse.Builder deleteRange(
      DeleteRangeRequest request, WriteTxn txn, Execution.Audience audience) {
    boolean wantsPrevious = request.getPrevKv() && audience == Execution.Audience.AWAITED;
    DeleteResult deleted =
        txn.deleteRange(KeyRange.of(request.getKey(), request.getRangeEnd()), wantsPrevious);
    DeleteRangeResponse.Builder response =
        DeleteRangeResponse.newBuilder().setDeleted(deleted.count());
    for (KeyValue pair : deleted.previous()) {
      response.addPrevKvs(ApiPairs.of(pair));
    }
    return response;
  }
}
