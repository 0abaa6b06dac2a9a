package io.kvorum.server.grpc;

import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.Projection;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.SortOrder;
import io.kvorum.mvcc.SortTarget;
import io.kvorum.proto.etcd.RangeRequest;

/// Range requests as queries of the store. The requests have passed [RequestChecks].
final class RangeQueries {
  private RangeQueries() {}

  static RangeQuery of(RangeRequest request) {
    return new RangeQuery(
        KeyRange.of(request.getKey(), request.getRangeEnd()),
        request.getLimit(),
        order(request.getSortOrder()),
        target(request.getSortTarget()),
        request.getMinModRevision(),
        request.getMaxModRevision(),
        request.getMinCreateRevision(),
        request.getMaxCreateRevision(),
        projection(request));
  }

  private static Projection projection(RangeRequest request) {
    if (request.getCountOnly()) {
      return Projection.COUNT_ONLY;
    }
    return request.getKeysOnly() ? Projection.KEYS_ONLY : Projection.FULL;
  }

  private static SortOrder order(RangeRequest.SortOrder order) {
    return switch (order) {
      case NONE -> SortOrder.NONE;
      case ASCEND -> SortOrder.ASCEND;
      case DESCEND -> SortOrder.DESCEND;
      case UNRECOGNIZED -> throw new IllegalArgumentException("unchecked sort order");
    };
  }

  private static SortTarget target(RangeRequest.SortTarget target) {
    return switch (target) {
      case KEY -> SortTarget.KEY;
      case VERSION -> SortTarget.VERSION;
      case CREATE -> SortTarget.CREATE;
      case MOD -> SortTarget.MOD;
      case VALUE -> SortTarget.VALUE;
      case UNRECOGNIZED -> throw new IllegalArgumentException("unchecked sort target");
    };
  }
}
