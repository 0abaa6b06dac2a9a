package io.kvorum.server.command;

import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.Projection;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.SortOrder;
import io.kvorum.mvcc.SortTarget;
import io.kvorum.proto.etcd.RangeRequest;

/// Range requests as queries of the store. An unknown order or target, which request checks refuse,
/// counts as none: what is in the log must always have a meaning.
public final class RangeQueries {
  private RangeQueries() {}

  /// The query that a range request means, apart from its revision.
  public static RangeQuery of(RangeRequest request) {
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
      case NONE, UNRECOGNIZED -> SortOrder.NONE;
      case ASCEND -> SortOrder.ASCEND;
      case DESCEND -> SortOrder.DESCEND;
    };
  }

  private static SortTarget target(RangeRequest.SortTarget target) {
    return switch (target) {
      case KEY, UNRECOGNIZED -> SortTarget.KEY;
      case VERSION -> SortTarget.VERSION;
      case CREATE -> SortTarget.CREATE;
      case MOD -> SortTarget.MOD;
      case VALUE -> SortTarget.VALUE;
    };
  }
}
