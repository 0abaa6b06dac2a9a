package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.Collections;
import java.util.List;

/// Short forms for the requests of these tests.
final class TxnRequests {
  static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

  private TxnRequests() {}

  static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  static RequestOp put(String key) {
    return RequestOp.newBuilder()
        .setRequestPut(PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes("v-" + key)))
        .build();
  }

  static RequestOp delete(String key) {
    return delete(key, ByteString.EMPTY);
  }

  static RequestOp delete(String key, String rangeEnd) {
    return delete(key, bytes(rangeEnd));
  }

  static RequestOp deleteFrom(String key) {
    return delete(key, ZERO);
  }

  private static RequestOp delete(String key, ByteString rangeEnd) {
    return RequestOp.newBuilder()
        .setRequestDeleteRange(
            DeleteRangeRequest.newBuilder().setKey(bytes(key)).setRangeEnd(rangeEnd))
        .build();
  }

  static RequestOp range(String key) {
    return RequestOp.newBuilder()
        .setRequestRange(RangeRequest.newBuilder().setKey(bytes(key)))
        .build();
  }

  static RequestOp nested(TxnRequest transaction) {
    return RequestOp.newBuilder().setRequestTxn(transaction).build();
  }

  static RequestOp nested(RequestOp... success) {
    return nested(txn(success));
  }

  static TxnRequest txn(RequestOp... success) {
    return TxnRequest.newBuilder().addAllSuccess(List.of(success)).build();
  }

  static TxnRequest txn(List<RequestOp> success, List<RequestOp> failure) {
    return TxnRequest.newBuilder().addAllSuccess(success).addAllFailure(failure).build();
  }

  static List<RequestOp> copies(int count, RequestOp operation) {
    return Collections.nCopies(count, operation);
  }

  /// A transaction with `levels` further transactions inside one another, and `innermost` at the
  /// bottom.
  static TxnRequest nest(int levels, RequestOp innermost) {
    TxnRequest transaction = txn(innermost);
    for (int level = 0; level < levels; level++) {
      transaction = txn(nested(transaction));
    }
    return transaction;
  }
}
