package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.lease.Leases;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.Revision;
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
    LateReads late = new LateReads(txn, execution.audience());
    PutResponse.Builder response = put(request, txn, late);
    return new ApplyResult.Applied(response.build(), txn.end(), late.all());
  }

  ApplyResult deleteRange(DeleteRangeRequest request, Execution execution) {
    WriteTxn txn = execution.batch().write();
    LateReads late = new LateReads(txn, execution.audience());
    DeleteRangeResponse.Builder response = deleteRange(request, txn, late);
    return new ApplyResult.Applied(response.build(), txn.end(), late.all());
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
  PutResponse.Builder put(PutRequest request, WriteTxn txn, LateReads late) {
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
    Revision change = txn.rangeEnd(0);
    Optional<KeyValue> replaced = txn.put(request.getKey(), value, lease);
    PutResponse.Builder response = PutResponse.newBuilder();
    if (request.getPrevKv()) {
      late.keep(replaced, change).ifPresent(pair -> response.setPrevKv(ApiPairs.of(pair)));
    }
    late.operationEnded();
    return response;
  }

  DeleteRangeResponse.Builder deleteRange(
      DeleteRangeRequest request, WriteTxn txn, LateReads late) {
    KeyRange range = KeyRange.of(request.getKey(), request.getRangeEnd());
    DeleteRangeResponse.Builder response = DeleteRangeResponse.newBuilder();
    if (request.getPrevKv()) {
      late.read(RangeQuery.all(range), 0).ifPresent(found -> addPrevious(found, response));
    }
    late.operationEnded();
    return response.setDeleted(txn.deleteRange(range, false).count());
  }

  private static void addPrevious(RangeResult found, DeleteRangeResponse.Builder response) {
    found.kvs().forEach(pair -> response.addPrevKvs(ApiPairs.of(pair)));
  }
}
