package io.kvorum.testkit.bounds;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.Locale;

/// Many numbered keys under one prefix, with values of a few bytes.
///
/// @param prefix of all keys; its last byte is not 0xff
record SmallKeys(String prefix, int count) {
  private static final int PUTS_PER_TXN = 125;
  private static final int IN_FLIGHT = 64;

  void load(Channel channel) throws InterruptedException {
    KVGrpc.KVStub kv = KVGrpc.newStub(channel);
    InFlight transactions = new InFlight(IN_FLIGHT);
    for (int first = 0; first < count; first += PUTS_PER_TXN) {
      TxnRequest.Builder txn = TxnRequest.newBuilder();
      for (int number = first; number < Math.min(count, first + PUTS_PER_TXN); number++) {
        txn.addSuccess(RequestOp.newBuilder().setRequestPut(put(number)));
      }
      kv.txn(txn.build(), transactions.next());
    }
    transactions.finish();
  }

  private PutRequest put(int number) {
    return PutRequest.newBuilder()
        .setKey(key(number))
        .setValue(ByteString.copyFromUtf8("value of " + number))
        .build();
  }

  ByteString key(int number) {
    return ByteString.copyFromUtf8(String.format(Locale.ROOT, "%s%09d", prefix, number));
  }

  /// All keys from one on, at most `limit` of them; 0 is no limit.
  RangeRequest from(int number, int limit) {
    return RangeRequest.newBuilder()
        .setKey(key(number))
        .setRangeEnd(ByteString.copyFromUtf8(prefix + "~"))
        .setLimit(limit)
        .build();
  }
}
