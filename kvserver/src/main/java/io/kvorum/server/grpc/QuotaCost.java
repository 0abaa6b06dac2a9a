package io.kvorum.server.grpc;

import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.List;

/// What a request may add to the store, in bytes, by etcd's rough rule (`api.md` §3.6).
final class QuotaCost {
  private static final long PUT_OVERHEAD_BYTES = 256;
  private static final long LEASE_BYTES = 64;

  private QuotaCost() {}

  static long of(PutRequest request) {
    return PUT_OVERHEAD_BYTES + request.getKey().size() + request.getValue().size();
  }

  static long of(LeaseGrantRequest request) {
    return LEASE_BYTES;
  }

  /// The larger branch; nested transactions count. The parser has bounded their depth.
  static long of(TxnRequest request) {
    return Math.max(of(request.getSuccessList()), of(request.getFailureList()));
  }

  private static long of(List<RequestOp> operations) {
    long bytes = 0;
    for (RequestOp operation : operations) {
      if (operation.hasRequestPut()) {
        bytes += of(operation.getRequestPut());
      } else if (operation.hasRequestTxn()) {
        bytes += of(operation.getRequestTxn());
      }
    }
    return bytes;
  }
}
