package io.kvorum.server.apply;

import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.ResponseOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.server.apply.TxnPath.Step;
import io.kvorum.server.command.ApiPairs;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.RangeQueries;
import io.kvorum.server.command.Rejection;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/// Transactions: choose the path, check all of it, run it (api.md §3.2). After the checks nothing
/// can fail, so there is no partial effect.
///
/// Owned by the thread `apply`.
final class TxnCommand {
  private final KvCommands operations;

  TxnCommand(KvCommands operations) {
    this.operations = operations;
  }

  ApplyResult execute(TxnRequest request, Execution execution) {
    ApplyBatch batch = execution.batch();
    long headBefore = batch.head();
    WriteTxn txn = batch.write();
    TxnPath path = TxnPath.choose(request, new TxnGuards(txn));
    Optional<Rejection> refused = check(path, batch, txn);
    if (refused.isPresent()) {
      var _ = txn.end();
      return new ApplyResult.Rejected(refused.get());
    }
    TxnResponse response = new Run(txn, headBefore, execution.audience()).along(path);
    return new ApplyResult.Applied(response, txn.end());
  }

  /// Checks every operation on the path against the state before the transaction. What is not on
  /// the path is never looked at.
  private Optional<Rejection> check(TxnPath path, ApplyBatch batch, WriteTxn before) {
    for (Step step : path.steps()) {
      if (step instanceof Step.Operate(var operation)) {
        Optional<Rejection> refused = check(operation, batch, before);
        if (refused.isPresent()) {
          return refused;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Rejection> check(RequestOp operation, ApplyBatch batch, WriteTxn before) {
    return switch (operation.getRequestCase()) {
      case REQUEST_RANGE -> checkRevision(operation.getRequestRange().getRevision(), batch);
      case REQUEST_PUT -> operations.check(operation.getRequestPut(), before);
      case REQUEST_DELETE_RANGE, REQUEST_TXN, REQUEST_NOT_SET -> Optional.empty();
    };
  }

  /// Only 0 means the newest revision here: a negative one is compared as it is.
  private static Optional<Rejection> checkRevision(long revision, ApplyBatch batch) {
    if (revision > batch.head()) {
      return Optional.of(
          new Rejection.FutureRevision(new Rejection.RevisionBounds(revision, batch.head())));
    }
    if (revision != 0 && revision < batch.compactedRevision()) {
      return Optional.of(
          new Rejection.Compacted(
              new Rejection.RevisionBounds(revision, batch.compactedRevision())));
    }
    return Optional.empty();
  }

  /// One execution: the responses of the transactions that are open.
  private final class Run {
    private final WriteTxn txn;
    private final long headBefore;
    private final Execution.Audience audience;
    private final Deque<TxnResponse.Builder> open = new ArrayDeque<>();

    Run(WriteTxn txn, long headBefore, Execution.Audience audience) {
      this.txn = txn;
      this.headBefore = headBefore;
      this.audience = audience;
    }

    TxnResponse along(TxnPath path) {
      open.push(TxnResponse.newBuilder().setSucceeded(path.succeeded()));
      for (Step step : path.steps()) {
        switch (step) {
          case Step.Operate(var operation) -> open.element().addResponses(run(operation));
          case Step.Enter(var succeeded) ->
              open.push(
                  TxnResponse.newBuilder()
                      .setHeader(ResponseHeader.getDefaultInstance())
                      .setSucceeded(succeeded));
          case Step.Leave() -> {
            TxnResponse nested = open.pop().build();
            open.element().addResponses(ResponseOp.newBuilder().setResponseTxn(nested));
          }
        }
      }
      return open.pop().build();
    }

    private ResponseOp run(RequestOp operation) {
      ResponseOp.Builder response = ResponseOp.newBuilder();
      switch (operation.getRequestCase()) {
        case REQUEST_PUT -> response.setResponsePut(run(operation.getRequestPut()));
        case REQUEST_DELETE_RANGE ->
            response.setResponseDeleteRange(run(operation.getRequestDeleteRange()));
        case REQUEST_RANGE -> {
          if (audience == Execution.Audience.AWAITED) {
            response.setResponseRange(run(operation.getRequestRange()));
          }
        }
        case REQUEST_TXN, REQUEST_NOT_SET -> {}
      }
      return response.build();
    }

    private io.kvorum.proto.etcd.PutResponse.Builder run(PutRequest request) {
      return operations.put(request, txn).setHeader(innerHeader());
    }

    private io.kvorum.proto.etcd.DeleteRangeResponse.Builder run(DeleteRangeRequest request) {
      return operations.deleteRange(request, txn, audience).setHeader(innerHeader());
    }

    private io.kvorum.proto.etcd.RangeResponse.Builder run(RangeRequest request) {
      return ApiPairs.answer(txn.range(RangeQueries.of(request), request.getRevision()))
          .setHeader(innerHeader());
    }

    /// The revision as the operation leaves it, and nothing else: new once anything has changed.
    private ResponseHeader innerHeader() {
      return ResponseHeader.newBuilder()
          .setRevision(txn.hasChanges() ? txn.revision() : headBefore)
          .build();
    }
  }
}
