package io.kvorum.client;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RequestOp;

/// Sets a key.
public record Put(PutRequest request) implements Op {
  public static Put of(ByteString key, ByteString value) {
    return new Put(PutRequest.newBuilder().setKey(key).setValue(value).build());
  }

  public static Put of(String key, String value) {
    return of(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(value));
  }

  /// Gives the key a new lease and leaves its value. The key must exist.
  public static Put leaseOnly(ByteString key, long lease) {
    return new Put(
        PutRequest.newBuilder().setKey(key).setIgnoreValue(true).setLease(lease).build());
  }

  /// Attaches the key to a lease, instead of to none.
  public Put lease(long id) {
    return new Put(request.toBuilder().setLease(id).build());
  }

  /// Leaves the key's lease as it is. The key must exist.
  public Put keepLease() {
    return new Put(request.toBuilder().setIgnoreLease(true).build());
  }

  /// Asks for the pair as it was before.
  public Put withPrevious() {
    return new Put(request.toBuilder().setPrevKv(true).build());
  }

  @Override
  public RequestOp asOp() {
    return RequestOp.newBuilder().setRequestPut(request).build();
  }
}
