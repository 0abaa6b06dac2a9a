package io.kvorum.client;

import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortOrder;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import io.kvorum.proto.etcd.RequestOp;

/// Reads keys: all of the range, newest revision, linearizable, unless said otherwise.
public record Get(RangeRequest request) implements Op {
  public static Get of(KeyRange keys) {
    return new Get(RangeRequest.newBuilder().setKey(keys.key()).setRangeEnd(keys.end()).build());
  }

  public static Get of(String key) {
    return of(KeyRange.key(key));
  }

  public static Get prefix(String prefix) {
    return of(KeyRange.prefix(prefix));
  }

  /// At most so many pairs; the answer says whether there are more.
  public Get limit(long pairs) {
    return new Get(request.toBuilder().setLimit(pairs).build());
  }

  /// Reads the state as of a revision.
  public Get revision(long revision) {
    return new Get(request.toBuilder().setRevision(revision).build());
  }

  /// Reads what the member at hand has, which may be old; works without a leader.
  public Get serializable() {
    return new Get(request.toBuilder().setSerializable(true).build());
  }

  public Get keysOnly() {
    return new Get(request.toBuilder().setKeysOnly(true).build());
  }

  public Get countOnly() {
    return new Get(request.toBuilder().setCountOnly(true).build());
  }

  public Get sorted(SortTarget target, SortOrder order) {
    return new Get(request.toBuilder().setSortTarget(target).setSortOrder(order).build());
  }

  @Override
  public RequestOp asOp() {
    return RequestOp.newBuilder().setRequestRange(request).build();
  }
}
