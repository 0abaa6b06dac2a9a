package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.lease.Leases;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.CompactOutcome;
import io.kvorum.mvcc.DeleteResult;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.CompactionResponse;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.server.command.ApiPairs;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.util.Optional;

/// Applies puts, deletes and compactions (etcd API: KV.Put, KV.DeleteRange, KV.Compact). Owned by
/// the thread `apply`.
final class KvCommands {
  private final Leases leases;

  KvCommands(Leases leases) {
    this.leases = leases;
  }

  ApplyResult put(ApplyBatch batch, PutRequest request) {
    WriteTxn txn = batch.write();
    Optional<KeyValue> current =
        request.getIgnoreValue() || request.getIgnoreLease()
            ? txn.get(request.getKey())
            : Optional.empty();
    Optional<Rejection> refused = refusal(request, current.isPresent());
    if (refused.isPresent()) {
      txn.end();
      return new ApplyResult.Rejected(refused.get());
    }
    PutResponse.Builder response = put(txn, request, current);
    return new ApplyResult.Applied(response.build(), txn.end());
  }

  /// Why the put cannot be done; `exists` tells whether its key does.
  Optional<Rejection> refusal(PutRequest request, boolean exists) {
    LeaseId lease = new LeaseId(request.getLease());
    if (request.getLease() != 0 && !leases.contains(lease)) {
      return Optional.of(new Rejection.LeaseNotFound(lease));
    }
    if ((request.getIgnoreValue() || request.getIgnoreLease()) && !exists) {
      return Optional.of(new Rejection.KeyNotFound());
    }
    return Optional.empty();
  }

  /// Writes a put that was not refused. `current` is read only for `ignore_value` and
  /// `ignore_lease`; it is absent if the same transaction has just deleted the key, which then
  /// starts empty.
  static PutResponse.Builder put(WriteTxn txn, PutRequest request, Optional<KeyValue> current) {
    ByteString value =
        request.getIgnoreValue()
            ? current.map(KeyValue::value).orElse(ByteString.EMPTY)
            : request.getValue();
    long lease =
        request.getIgnoreLease() ? current.map(KeyValue::lease).orElse(0L) : request.getLease();
    Optional<KeyValue> previous = txn.put(request.getKey(), value, lease);
    PutResponse.Builder response = PutResponse.newBuilder();
    if (request.getPrevKv()) {
      previous.map(ApiPairs::of).ifPresent(response::setPrevKv);
    }
    return response;
  }

  ApplyResult deleteRange(ApplyBatch batch, DeleteRangeRequest request) {
    WriteTxn txn = batch.write();
    DeleteRangeResponse.Builder response = delete(txn, request);
    return new ApplyResult.Applied(response.build(), txn.end());
  }

  static DeleteRangeResponse.Builder delete(WriteTxn txn, DeleteRangeRequest request) {
    DeleteResult deleted =
        txn.deleteRange(KeyRange.of(request.getKey(), request.getRangeEnd()), request.getPrevKv());
    DeleteRangeResponse.Builder response =
        DeleteRangeResponse.newBuilder().setDeleted(deleted.count());
    deleted.previous().forEach(pair -> response.addPrevKvs(ApiPairs.of(pair)));
    return response;
  }

  static ApplyResult compact(ApplyBatch batch, CompactionRequest request) {
    long revision = request.getRevision();
    return switch (batch.compact(revision)) {
      case CompactOutcome.Compacted(var compacted) ->
          new ApplyResult.Rejected(
              new Rejection.Compacted(new Rejection.RevisionBounds(revision, compacted)));
      case CompactOutcome.Future(var head) ->
          new ApplyResult.Rejected(
              new Rejection.FutureRevision(new Rejection.RevisionBounds(revision, head)));
      case CompactOutcome.Done _ ->
          new ApplyResult.Applied(CompactionResponse.getDefaultInstance(), batch.head());
    };
  }
}
