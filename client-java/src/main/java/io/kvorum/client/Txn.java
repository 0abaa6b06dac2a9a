package io.kvorum.client;

import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;

/// Runs one of two lists of operations, as one change: `when(...).then(...).otherwise(...)`.
///
/// The guards of nested transactions are judged with the outer ones, before anything is written.
public record Txn(TxnRequest request) implements Op {
  /// All guards must hold for the branch `then`; without any, it is always taken.
  public static Txn when(Guard... guards) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (Guard guard : guards) {
      txn.addCompare(guard.compare());
    }
    return new Txn(txn.build());
  }

  /// Adds to the branch taken if the guards hold.
  public Txn then(Op... operations) {
    TxnRequest.Builder txn = request.toBuilder();
    for (Op operation : operations) {
      txn.addSuccess(operation.asOp());
    }
    return new Txn(txn.build());
  }

  /// Adds to the branch taken if they do not.
  public Txn otherwise(Op... operations) {
    TxnRequest.Builder txn = request.toBuilder();
    for (Op operation : operations) {
      txn.addFailure(operation.asOp());
    }
    return new Txn(txn.build());
  }

  /// Whether its branches hold nothing but reads of keys, so that it can be repeated.
  boolean isRead() {
    return request.getSuccessList().stream().allMatch(RequestOp::hasRequestRange)
        && request.getFailureList().stream().allMatch(RequestOp::hasRequestRange);
  }

  @Override
  public RequestOp asOp() {
    return RequestOp.newBuilder().setRequestTxn(request).build();
  }
}
