package io.kvorum.client;

import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.RequestOp;

/// Deletes keys.
public record Delete(DeleteRangeRequest request) implements Op {
  public static Delete of(KeyRange keys) {
    return new Delete(
        DeleteRangeRequest.newBuilder().setKey(keys.key()).setRangeEnd(keys.end()).build());
  }

  public static Delete of(String key) {
    return of(KeyRange.key(key));
  }

  public static Delete prefix(String prefix) {
    return of(KeyRange.prefix(prefix));
  }

  /// Asks for the deleted pairs.
  public Delete withPrevious() {
    return new Delete(request.toBuilder().setPrevKv(true).build());
  }

  @Override
  public RequestOp asOp() {
    return RequestOp.newBuilder().setRequestDeleteRange(request).build();
  }
}
