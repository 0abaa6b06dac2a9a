package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortOrder;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.List;
import java.util.Optional;

/// What can be said about a request from its own bytes, in the order in which etcd says it
/// (`api.md` §3.1, §3.2, §4.1 step 7). Whatever passes can be logged; whatever depends on the state
/// is decided when the command is applied.
///
/// Pure, and safe for any thread.
final class RequestChecks {

  /// Most transactions inside one another that are accepted, the outermost included. With etcd's
  /// default of 128 operations per list the operation budget ends the nesting here anyway; a larger
  /// `--max-txn-ops` does not allow deeper nests. It bounds the recursion of everything that walks
  /// a transaction.
  static final int MAX_TXN_LEVELS = 129;

  private final int maxTxnOperations;

  /// Checks with the given bound on guards, and on operations of each branch (`--max-txn-ops`).
  RequestChecks(int maxTxnOperations) {
    this.maxTxnOperations = maxTxnOperations;
  }

  Optional<RequestFlaw> check(RangeRequest request) {
    if (request.getKey().isEmpty()) {
      return Optional.of(RequestFlaw.EMPTY_KEY);
    }
    if (request.getSortOrder() == SortOrder.UNRECOGNIZED
        || request.getSortTarget() == SortTarget.UNRECOGNIZED) {
      return Optional.of(RequestFlaw.INVALID_SORT_OPTION);
    }
    return Optional.empty();
  }

  /// Checks the request of a `RangeStream`, which serves key order and unfiltered ranges only.
  Optional<RequestFlaw> checkStream(RangeRequest request) {
    Optional<RequestFlaw> flaw = check(request);
    if (flaw.isPresent()) {
      return flaw;
    }
    boolean keyAscending =
        request.getSortOrder() == SortOrder.ASCEND && request.getSortTarget() == SortTarget.KEY;
    if (request.getSortOrder() != SortOrder.NONE && !keyAscending) {
      return Optional.of(RequestFlaw.STREAM_WITH_SORT_ORDER);
    }
    if (request.getMinModRevision() != 0
        || request.getMaxModRevision() != 0
        || request.getMinCreateRevision() != 0
        || request.getMaxCreateRevision() != 0) {
      return Optional.of(RequestFlaw.STREAM_WITH_REVISION_FILTER);
    }
    return Optional.empty();
  }

  Optional<RequestFlaw> check(PutRequest request) {
    if (request.getKey().isEmpty()) {
      return Optional.of(RequestFlaw.EMPTY_KEY);
    }
    if (request.getIgnoreValue() && !request.getValue().isEmpty()) {
      return Optional.of(RequestFlaw.VALUE_PROVIDED);
    }
    if (request.getIgnoreLease() && request.getLease() != 0) {
      return Optional.of(RequestFlaw.LEASE_PROVIDED);
    }
    return Optional.empty();
  }

  Optional<RequestFlaw> check(DeleteRangeRequest request) {
    return checkKey(request.getKey());
  }

  Optional<RequestFlaw> check(TxnRequest request) {
    Optional<RequestFlaw> flaw = check(request, maxTxnOperations, 1);
    if (flaw.isPresent()) {
      return flaw;
    }
    return DuplicateKeys.in(request) ? Optional.of(RequestFlaw.DUPLICATE_KEY) : Optional.empty();
  }

  /// Checks one transaction of a nest: its longest list must fit `budget`, and what it leaves is
  /// the budget of each transaction inside it.
  private Optional<RequestFlaw> check(TxnRequest request, int budget, int level) {
    int longest =
        Math.max(
            request.getCompareCount(),
            Math.max(request.getSuccessCount(), request.getFailureCount()));
    if (longest > budget || level > MAX_TXN_LEVELS) {
      return Optional.of(RequestFlaw.TOO_MANY_OPERATIONS);
    }
    for (Compare compare : request.getCompareList()) {
      if (compare.getKey().isEmpty()) {
        return Optional.of(RequestFlaw.EMPTY_KEY);
      }
    }
    Optional<RequestFlaw> flaw = check(request.getSuccessList(), budget - longest, level);
    return flaw.isPresent() ? flaw : check(request.getFailureList(), budget - longest, level);
  }

  private Optional<RequestFlaw> check(List<RequestOp> operations, int budget, int level) {
    for (RequestOp operation : operations) {
      Optional<RequestFlaw> flaw =
          switch (operation.getRequestCase()) {
            case REQUEST_RANGE -> check(operation.getRequestRange());
            case REQUEST_PUT -> check(operation.getRequestPut());
            case REQUEST_DELETE_RANGE -> check(operation.getRequestDeleteRange());
            case REQUEST_TXN -> check(operation.getRequestTxn(), budget, level + 1);
            case REQUEST_NOT_SET -> Optional.of(RequestFlaw.NO_OPERATION);
          };
      if (flaw.isPresent()) {
        return flaw;
      }
    }
    return Optional.empty();
  }

  private static Optional<RequestFlaw> checkKey(ByteString key) {
    return key.isEmpty() ? Optional.of(RequestFlaw.EMPTY_KEY) : Optional.empty();
  }
}
