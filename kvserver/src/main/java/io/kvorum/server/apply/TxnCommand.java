package io.kvorum.server.apply;

import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.ResponseOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.server.command.ApiPairs;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.RangeQueries;
import io.kvorum.server.command.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Applies transactions (etcd API: KV.Txn, `api.md` §3.2), in three steps on one view:
///
/// 1. the guards of the transaction and of every nested one on the chosen path are evaluated on the
///    state before it, which fixes the whole path;
/// 2. every operation on the path is checked against that state; one refusal refuses all of it;
/// 3. the operations run in order and see each other's writes.
///
/// Owned by the thread `apply`. Nesting is bounded by the limit on operations (`RequestChecks`).
final class TxnCommand {
  private final KvCommands kv;

  TxnCommand(KvCommands kv) {
    this.kv = kv;
  }

  /// Whether somebody waits for what the ranges of a transaction find. Writes are the same either
  /// way.
  enum Answer {
    WANTED,
    UNHEARD
  }

  /// A transaction whose path is fixed: the operations to run, and for each nested transaction
  /// among them its own path, in order.
  private record Path(boolean succeeded, List<RequestOp> operations, List<Path> nested) {}

  ApplyResult apply(ApplyBatch batch, TxnRequest request, Answer answer) {
    WriteTxn txn = batch.write();
    Path path = choose(request, txn);
    Optional<Rejection> refused = refusal(path, batch, txn);
    if (refused.isPresent()) {
      txn.end();
      return new ApplyResult.Rejected(refused.get());
    }
    TxnResponse.Builder response = new Run(batch.head(), txn, answer).run(path);
    return new ApplyResult.Applied(response.build(), txn.end());
  }

  private static Path choose(TxnRequest request, WriteTxn before) {
    boolean succeeded = TxnGuards.hold(request.getCompareList(), before);
    List<RequestOp> operations = succeeded ? request.getSuccessList() : request.getFailureList();
    List<Path> nested = new ArrayList<>();
    for (RequestOp operation : operations) {
      if (operation.hasRequestTxn()) {
        nested.add(choose(operation.getRequestTxn(), before));
      }
    }
    return new Path(succeeded, operations, nested);
  }

  /// The first reason among all puts of the path, at any depth, goes before any among its ranges.
  private Optional<Rejection> refusal(Path path, ApplyBatch batch, WriteTxn before) {
    Optional<Rejection> ofPuts =
        refusal(
            path,
            operation ->
                operation.hasRequestPut()
                    ? refusal(operation.getRequestPut(), before)
                    : Optional.empty());
    return ofPuts.isPresent()
        ? ofPuts
        : refusal(
            path,
            operation ->
                operation.hasRequestRange()
                    ? refusal(operation.getRequestRange(), batch)
                    : Optional.empty());
  }

  private static Optional<Rejection> refusal(
      Path path, Function<RequestOp, Optional<Rejection>> check) {
    int next = 0;
    for (RequestOp operation : path.operations()) {
      Optional<Rejection> refused =
          operation.hasRequestTxn()
              ? refusal(path.nested().get(next++), check)
              : check.apply(operation);
      if (refused.isPresent()) {
        return refused;
      }
    }
    return Optional.empty();
  }

  /// Any revision but 0 is compared as it is, negative ones included.
  private static Optional<Rejection> refusal(RangeRequest range, ApplyBatch batch) {
    long revision = range.getRevision();
    if (revision == 0) {
      return Optional.empty();
    }
    if (revision > batch.head()) {
      return Optional.of(
          new Rejection.FutureRevision(new Rejection.RevisionBounds(revision, batch.head())));
    }
    if (revision < batch.compactedRevision()) {
      return Optional.of(
          new Rejection.Compacted(
              new Rejection.RevisionBounds(revision, batch.compactedRevision())));
    }
    return Optional.empty();
  }

  /// Unlike a put alone, which asks for the lease first.
  private Optional<Rejection> refusal(PutRequest put, WriteTxn before) {
    if ((put.getIgnoreValue() || put.getIgnoreLease()) && before.get(put.getKey()).isEmpty()) {
      return Optional.of(new Rejection.KeyNotFound());
    }
    return kv.refusal(put, true);
  }

  /// The run of one transaction's operations.
  private static final class Run {
    private final long headBefore;
    private final WriteTxn txn;
    private final Answer answer;

    Run(long headBefore, WriteTxn txn, Answer answer) {
      this.headBefore = headBefore;
      this.txn = txn;
      this.answer = answer;
    }

    TxnResponse.Builder run(Path path) {
      TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(path.succeeded());
      int next = 0;
      for (RequestOp operation : path.operations()) {
        ResponseOp.Builder result = ResponseOp.newBuilder();
        switch (operation.getRequestCase()) {
          case REQUEST_RANGE -> range(operation.getRequestRange(), result);
          case REQUEST_PUT -> {
            PutRequest put = operation.getRequestPut();
            result.setResponsePut(
                KvCommands.put(txn, put, txn.get(put.getKey())).setHeader(header()));
          }
          case REQUEST_DELETE_RANGE ->
              result.setResponseDeleteRange(
                  KvCommands.delete(txn, operation.getRequestDeleteRange()).setHeader(header()));
          case REQUEST_TXN ->
              result.setResponseTxn(
                  run(path.nested().get(next++)).setHeader(ResponseHeader.getDefaultInstance()));
          case REQUEST_NOT_SET ->
              throw new IllegalArgumentException("an unchecked operation is in the log");
        }
        response.addResponses(result);
      }
      return response;
    }

    private void range(RangeRequest request, ResponseOp.Builder result) {
      if (answer == Answer.UNHEARD) {
        return;
      }
      // Checked before the first operation ran, and no compaction comes in between.
      result.setResponseRange(
          ApiPairs.answer(txn.range(RangeQueries.of(request), Math.max(0, request.getRevision())))
              .setHeader(header()));
    }

    /// Inner headers tell the revision alone: the new one as soon as something has changed.
    private ResponseHeader header() {
      return ResponseHeader.newBuilder()
          .setRevision(txn.hasChanges() ? txn.revision() : headBefore)
          .build();
    }
  }
}
