package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The rule of [DuplicateKeys] read literally: every pair of changes is compared, by where their
/// ways from the top part.
final class PairwiseDuplicates {
  private static final Comparator<ByteString> KEY_ORDER =
      ByteString.unsignedLexicographicalComparator();

  /// A put or delete with its way from the top: operation number, branch, operation number, ...
  private record Change(List<Integer> way, RequestOp operation) {}

  private PairwiseDuplicates() {}

  static boolean in(TxnRequest transaction) {
    return anyConflict(changes(transaction.getSuccessList()))
        || anyConflict(changes(transaction.getFailureList()));
  }

  private static boolean anyConflict(List<Change> changes) {
    for (Change first : changes) {
      for (Change second : changes) {
        if (!first.equals(second) && conflict(first, second)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean conflict(Change first, Change second) {
    int parting = 0;
    while (first.way.get(parting).equals(second.way.get(parting))) {
      parting++;
    }
    boolean mutuallyExclusiveBranches = parting % 2 == 1;
    if (mutuallyExclusiveBranches || !first.operation.hasRequestPut()) {
      return false;
    }
    ByteString key = first.operation.getRequestPut().getKey();
    if (second.operation.hasRequestPut()) {
      return key.equals(second.operation.getRequestPut().getKey());
    }
    boolean bothNested = first.way.size() > parting + 1 && second.way.size() > parting + 1;
    boolean putIsEarlier = first.way.get(parting) < second.way.get(parting);
    return covers(second.operation.getRequestDeleteRange(), key) && !(bothNested && putIsEarlier);
  }

  private static boolean covers(DeleteRangeRequest delete, ByteString key) {
    if (delete.getRangeEnd().isEmpty()) {
      return delete.getKey().equals(key);
    }
    return KEY_ORDER.compare(delete.getKey(), key) <= 0
        && (delete.getRangeEnd().equals(TxnRequests.ZERO)
            || KEY_ORDER.compare(key, delete.getRangeEnd()) < 0);
  }

  private static List<Change> changes(List<RequestOp> operations) {
    List<Change> found = new ArrayList<>();
    collect(operations, List.of(), found);
    return found;
  }

  private static void collect(List<RequestOp> operations, List<Integer> way, List<Change> found) {
    for (int i = 0; i < operations.size(); i++) {
      RequestOp operation = operations.get(i);
      if (operation.hasRequestTxn()) {
        collect(operation.getRequestTxn().getSuccessList(), longer(way, i, 0), found);
        collect(operation.getRequestTxn().getFailureList(), longer(way, i, 1), found);
      } else if (operation.hasRequestPut() || operation.hasRequestDeleteRange()) {
        found.add(new Change(longer(way, i), operation));
      }
    }
  }

  private static List<Integer> longer(List<Integer> way, int... steps) {
    List<Integer> longer = new ArrayList<>(way);
    for (int step : steps) {
      longer.add(step);
    }
    return longer;
  }
}
