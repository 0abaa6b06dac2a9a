package io.kvorum.testkit.bounds;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.mvcc.KeyValue;
import java.util.Locale;
import java.util.SplittableRandom;

/// One GiB under one prefix: values of 1 MiB that do not compress and can be told from each other.
final class LargeValues {
  static final int COUNT = 1024;
  static final int VALUE_BYTES = 1 << 20;

  /// A quarter of what may be committed and not yet applied before the server refuses writes.
  private static final int IN_FLIGHT = 8;

  private LargeValues() {}

  static void load(Channel channel) throws InterruptedException {
    KVGrpc.KVStub kv = KVGrpc.newStub(channel);
    InFlight puts = new InFlight(IN_FLIGHT);
    for (int number = 0; number < COUNT; number++) {
      kv.put(
          PutRequest.newBuilder().setKey(key(number)).setValue(value(number)).build(), puts.next());
    }
    puts.finish();
  }

  /// The values from `first` on.
  static RangeRequest range(int first, int count) {
    return RangeRequest.newBuilder().setKey(key(first)).setRangeEnd(key(first + count)).build();
  }

  static boolean isPair(KeyValue pair, int number) {
    return pair.getKey().equals(key(number)) && pair.getValue().equals(value(number));
  }

  private static ByteString key(int number) {
    return ByteString.copyFromUtf8(String.format(Locale.ROOT, "large/%06d", number));
  }

  private static ByteString value(int number) {
    byte[] bytes = new byte[VALUE_BYTES];
    new SplittableRandom(number).nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }
}
