package io.kvorum.client;

import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.CompactionResponse;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.TxnResponse;
import java.util.concurrent.CompletableFuture;

/// Keys and values. Futures fail with a [ClientException]; cancelling one gives the call up.
public final class Kv {
  private final Calls calls;

  Kv(Calls calls) {
    this.calls = calls;
  }

  public CompletableFuture<PutResponse> put(Put put) {
    return calls.write(KVGrpc.getPutMethod(), put.request());
  }

  public CompletableFuture<PutResponse> put(String key, String value) {
    return put(Put.of(key, value));
  }

  public CompletableFuture<RangeResponse> get(Get get) {
    return get.request().getSerializable()
        ? calls.readLocally(KVGrpc.getRangeMethod(), get.request())
        : calls.read(KVGrpc.getRangeMethod(), get.request());
  }

  public CompletableFuture<RangeResponse> get(String key) {
    return get(Get.of(key));
  }

  public CompletableFuture<DeleteRangeResponse> delete(Delete delete) {
    return delete.request().getPrevKv()
        ? calls.writeThenRead(KVGrpc.getDeleteRangeMethod(), delete.request())
        : calls.write(KVGrpc.getDeleteRangeMethod(), delete.request());
  }

  public CompletableFuture<DeleteRangeResponse> delete(String key) {
    return delete(Delete.of(key));
  }

  public CompletableFuture<TxnResponse> txn(Txn txn) {
    return txn.isRead()
        ? calls.read(KVGrpc.getTxnMethod(), txn.request())
        : calls.writeThenRead(KVGrpc.getTxnMethod(), txn.request());
  }

  /// Gives up the history before `revision`.
  public CompletableFuture<CompactionResponse> compact(long revision) {
    return calls.write(
        KVGrpc.getCompactMethod(), CompactionRequest.newBuilder().setRevision(revision).build());
  }
}
