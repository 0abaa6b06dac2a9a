package io.kvorum.testkit.badinput;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.testkit.ServerProcess;
import java.util.concurrent.TimeUnit;

/// One connection to a server, with the few calls these tests make well-behaved use of.
record TestClient(ManagedChannel channel) implements AutoCloseable {
  private static final int MAX_ANSWER_BYTES = 256 << 20;
  private static final long CALL_SECONDS = 20;

  static TestClient of(ServerProcess server) {
    return new TestClient(
        NettyChannelBuilder.forTarget(server.endpoint())
            .usePlaintext()
            .maxInboundMessageSize(MAX_ANSWER_BYTES)
            .build());
  }

  KVGrpc.KVBlockingStub kv() {
    return KVGrpc.newBlockingStub(channel).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }

  LeaseGrpc.LeaseBlockingStub lease() {
    return LeaseGrpc.newBlockingStub(channel).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }

  /// Returns the revision of the write.
  long put(String key, ByteString value) {
    PutRequest request =
        PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).setValue(value).build();
    return kv().put(request).getHeader().getRevision();
  }

  long put(String key, String value) {
    return put(key, ByteString.copyFromUtf8(value));
  }

  RangeResponse get(String key) {
    return kv().range(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build());
  }

  /// Everything the store holds, in one number, with the revisions it stands for.
  HashKVResponse hash() {
    return MaintenanceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
        .hashKV(HashKVRequest.getDefaultInstance());
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
