package io.kvorum.testkit.differential;

import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;

/// A transaction of one operation in each branch.
final class FlatTxn {
  private FlatTxn() {}

  static TxnRequest of(Dice dice, KvScript kv) {
    return TxnRequest.newBuilder()
        .addSuccess(operation(dice, kv))
        .addFailure(operation(dice, kv))
        .build();
  }

  private static RequestOp operation(Dice dice, KvScript kv) {
    return switch (dice.below(3)) {
      case 0 -> RequestOp.newBuilder().setRequestPut(kv.put()).build();
      case 1 -> RequestOp.newBuilder().setRequestDeleteRange(kv.deleteRange()).build();
      default -> RequestOp.newBuilder().setRequestRange(kv.streamedRange()).build();
    };
  }
}
