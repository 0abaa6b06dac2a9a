package io.kvorum.server.grpc;

import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.server.command.ApiPairs;
import io.kvorum.server.command.RangeQueries;

/// What the store itself says to a request.
final class Answers {
  private Answers() {}

  static RangeResponse expected(ServedStore served, RangeRequest request) {
    try (ReadTxn txn = served.store.read()) {
      RangeResult result = txn.range(RangeQueries.of(request), request.getRevision());
      return ApiPairs.answer(result).setHeader(served.headers.at(txn.head())).build();
    }
  }
}
