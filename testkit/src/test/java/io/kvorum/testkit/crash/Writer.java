package io.kvorum.testkit.crash;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/// Writes one request after the other until the server is gone: puts, and transactions that put one
/// key and delete or put another. Values are unique, so that each change can be told from all
/// others.
final class Writer implements Runnable {
  private final KVGrpc.KVBlockingStub kv;
  private final String name;
  private final Acknowledged acknowledged;
  private final RandomGenerator random;
  private final AtomicBoolean stop;
  private final Set<String> present = new HashSet<>();

  Writer(
      Channel channel,
      String name,
      Acknowledged acknowledged,
      RandomGenerator random,
      AtomicBoolean stop) {
    this.kv = KVGrpc.newBlockingStub(channel);
    this.name = name;
    this.acknowledged = acknowledged;
    this.random = random;
    this.stop = stop;
  }

  @Override
  public void run() {
    for (int number = 0; !stop.get(); number++) {
      String value = name + "-" + number + "x".repeat(random.nextInt(400));
      List<Acknowledged.Change> changes = changes(value);
      try {
        acknowledged.acknowledged(send(changes), changes);
        if (!changes.getLast().isDelete()) {
          present.add(changes.getLast().key());
        }
      } catch (StatusRuntimeException e) {
        acknowledged.unknown(changes);
        return;
      }
    }
  }

  private List<Acknowledged.Change> changes(String value) {
    String key = name.charAt(0) + "/" + random.nextInt(50);
    String second = key + "/second";
    Acknowledged.Change put = new Acknowledged.Change(key, value, false);
    if (random.nextInt(3) > 0) {
      return List.of(put);
    }
    // Only a key that is certainly there makes an event when it is deleted.
    return present.remove(second)
        ? List.of(put, new Acknowledged.Change(second, "", true))
        : List.of(put, new Acknowledged.Change(second, value, false));
  }

  private long send(List<Acknowledged.Change> changes) {
    if (changes.size() == 1) {
      return kv.put(put(changes.getFirst())).getHeader().getRevision();
    }
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    changes.forEach(change -> txn.addSuccess(operation(change)));
    return kv.txn(txn.build()).getHeader().getRevision();
  }

  private static RequestOp operation(Acknowledged.Change change) {
    return change.isDelete()
        ? RequestOp.newBuilder()
            .setRequestDeleteRange(
                DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(change.key())))
            .build()
        : RequestOp.newBuilder().setRequestPut(put(change)).build();
  }

  private static PutRequest put(Acknowledged.Change change) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8(change.key()))
        .setValue(ByteString.copyFromUtf8(change.value()))
        .build();
  }
}
