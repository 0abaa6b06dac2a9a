package io.kvorum.client;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.Compare.CompareResult;
import io.kvorum.proto.etcd.Compare.CompareTarget;

/// A condition of a [Txn]. Over a range, every key of it must fulfill it.
public record Guard(Compare compare) {
  /// The key does not exist.
  public static Guard absent(String key) {
    return createRevision(KeyRange.key(key), CompareResult.EQUAL, 0);
  }

  /// The key exists.
  public static Guard present(String key) {
    return createRevision(KeyRange.key(key), CompareResult.GREATER, 0);
  }

  public static Guard version(KeyRange keys, CompareResult relation, long version) {
    return new Guard(of(keys, relation, CompareTarget.VERSION).setVersion(version).build());
  }

  public static Guard createRevision(KeyRange keys, CompareResult relation, long revision) {
    return new Guard(of(keys, relation, CompareTarget.CREATE).setCreateRevision(revision).build());
  }

  public static Guard modRevision(KeyRange keys, CompareResult relation, long revision) {
    return new Guard(of(keys, relation, CompareTarget.MOD).setModRevision(revision).build());
  }

  /// Compares values byte by byte, unsigned. Never true for a key that does not exist.
  public static Guard value(KeyRange keys, CompareResult relation, ByteString value) {
    return new Guard(of(keys, relation, CompareTarget.VALUE).setValue(value).build());
  }

  public static Guard lease(KeyRange keys, CompareResult relation, long lease) {
    return new Guard(of(keys, relation, CompareTarget.LEASE).setLease(lease).build());
  }

  private static Compare.Builder of(KeyRange keys, CompareResult relation, CompareTarget target) {
    return Compare.newBuilder()
        .setKey(keys.key())
        .setRangeEnd(keys.end())
        .setResult(relation)
        .setTarget(target);
  }
}
