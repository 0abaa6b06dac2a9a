package io.kvorum.server.apply;

import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/// The operations a transaction will run: all branches are chosen, those of nested transactions
/// included, before any of them runs (api.md §3.2).
///
/// @param succeeded whether the guards of the transaction itself hold
record TxnPath(boolean succeeded, List<Step> steps) {
  TxnPath {
    steps = List.copyOf(steps);
  }

  /// The puts, deletes and ranges, in order.
  List<RequestOp> operations() {
    return steps.stream()
        .flatMap(
            step ->
                step instanceof Step.Operate(var operation) ? Stream.of(operation) : Stream.empty())
        .toList();
  }

  /// One step along the path.
  sealed interface Step {
    /// Run a put, delete or range.
    record Operate(RequestOp operation) implements Step {}

    /// Begin a nested transaction whose guards do or do not hold.
    record Enter(boolean succeeded) implements Step {}

    /// End the nested transaction begun last.
    record Leave() implements Step {}
  }

  /// Chooses the path. Nesting is user data, so the walk keeps its own stack.
  static TxnPath choose(TxnRequest txn, TxnGuards guards) {
    boolean succeeded = guards.hold(txn.getCompareList());
    List<Step> steps = new ArrayList<>();
    Deque<Iterator<RequestOp>> open = new ArrayDeque<>();
    open.push(branch(txn, succeeded).iterator());
    while (true) {
      if (open.element().hasNext()) {
        RequestOp operation = open.element().next();
        if (operation.hasRequestTxn()) {
          TxnRequest nested = operation.getRequestTxn();
          boolean nestedSucceeded = guards.hold(nested.getCompareList());
          steps.add(new Step.Enter(nestedSucceeded));
          open.push(branch(nested, nestedSucceeded).iterator());
        } else {
          steps.add(new Step.Operate(operation));
        }
      } else {
        var _ = open.pop();
        if (open.isEmpty()) {
          return new TxnPath(succeeded, steps);
        }
        steps.add(new Step.Leave());
      }
    }
  }

  private static List<RequestOp> branch(TxnRequest txn, boolean succeeded) {
    return succeeded ? txn.getSuccessList() : txn.getFailureList();
  }
}
