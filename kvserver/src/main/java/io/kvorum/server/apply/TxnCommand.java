package io.kvorum.server.apply;

import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
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
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Transactions: choose the path, check all of it, run it (api.md §3.2). After the checks nothing
/// can fail, so there is no partial effect.
///
/// Owned by the thread `apply`.
final class TxnCommand {
  private final KvCommands keys;

  TxnCommand(KvCommands keys) {
    this.keys = keys;
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
    LateReads late = new LateReads(txn, execution.audience());
    TxnResponse response = new Run(txn, headBefore, late).along(path);
    return new ApplyResult.Applied(response, txn.end(), late.all());
  }

  /// Checks every operation on the path against the state before the transaction: all puts, then
  /// all ranges. What is not on the path is never looked at.
  private Optional<Rejection> check(TxnPath path, ApplyBatch batch, WriteTxn before) {
    List<RequestOp> operations = path.operations();
    Stream<Rejection> ofPuts =
        operations.stream()
            .filter(RequestOp::hasRequestPut)
            .flatMap(put -> checkPut(put.getRequestPut(), before).stream());
    Stream<Rejection> ofRanges =
        operations.stream()
            .filter(RequestOp::hasRequestRange)
            .flatMap(range -> checkRevision(range.getRequestRange().getRevision(), batch).stream());
    return Stream.concat(ofPuts, ofRanges).findFirst();
  }

  /// Unlike for a put alone, a key that should be there and is not goes before an unknown lease.
  private Optional<Rejection> checkPut(PutRequest put, WriteTxn before) {
    return keys.checkKept(put, before).or(() -> keys.checkLease(put));
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
    private final LateReads late;
    private final Deque<TxnResponse.Builder> open = new ArrayDeque<>();

    Run(WriteTxn txn, long headBefore, LateReads late) {
      this.txn = txn;
      this.headBefore = headBefore;
      this.late = late;
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
        case REQUEST_PUT -> response.setResponsePut(put(operation.getRequestPut()));
        case REQUEST_DELETE_RANGE ->
            response.setResponseDeleteRange(deleteRange(operation.getRequestDeleteRange()));
        case REQUEST_RANGE -> response.setResponseRange(range(operation.getRequestRange()));
        case REQUEST_TXN, REQUEST_NOT_SET -> {}
      }
      return response.build();
    }

    private PutResponse put(PutRequest request) {
      PutResponse.Builder response = keys.put(request, txn, late);
      return response.setHeader(innerHeader()).build();
    }

    private DeleteRangeResponse deleteRange(DeleteRangeRequest request) {
      DeleteRangeResponse.Builder response = keys.deleteRange(request, txn, late);
      return response.setHeader(innerHeader()).build();
    }

    private RangeResponse range(RangeRequest request) {
      RangeResponse.Builder response =
          late.read(RangeQueries.of(request), request.getRevision())
              .map(ApiPairs::answer)
              .orElseGet(RangeResponse::newBuilder);
      late.operationEnded();
      return response.setHeader(innerHeader()).build();
    }

    /// The revision as the operation leaves it, and nothing else: new once anything has changed.
    private ResponseHeader innerHeader() {
      return ResponseHeader.newBuilder()
          .setRevision(txn.hasChanges() ? txn.revision() : headBefore)
          .build();
    }
  }
}
