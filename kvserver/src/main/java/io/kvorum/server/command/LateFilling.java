package io.kvorum.server.command;

import io.kvorum.mvcc.RangeResult;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.ResponseOp;
import io.kvorum.proto.etcd.TxnResponse;
import java.util.Map;
import java.util.Optional;

/// Puts pairs that were found late into the operations of one response, in their order. Used once.
public final class LateFilling {
  private final Map<Integer, RangeResult> found;
  private int operation;

  /// @param found by operation, as in [ApplyResult.LateRead]
  public LateFilling(Map<Integer, RangeResult> found) {
    this.found = found;
  }

  public PutResponse into(PutResponse response) {
    return next()
        .map(RangeResult::kvs)
        .map(pairs -> response.toBuilder().setPrevKv(ApiPairs.of(pairs.getFirst())).build())
        .orElse(response);
  }

  public DeleteRangeResponse into(DeleteRangeResponse response) {
    return next()
        .map(
            result -> {
              DeleteRangeResponse.Builder filled = response.toBuilder();
              result.kvs().forEach(pair -> filled.addPrevKvs(ApiPairs.of(pair)));
              return filled.build();
            })
        .orElse(response);
  }

  /// Nests are as deep as the request's, which was checked.
  public TxnResponse into(TxnResponse response) {
    TxnResponse.Builder filled = response.toBuilder().clearResponses();
    response.getResponsesList().forEach(each -> filled.addResponses(into(each)));
    return filled.build();
  }

  private RangeResponse into(RangeResponse response) {
    return next()
        .map(result -> ApiPairs.answer(result).setHeader(response.getHeader()).build())
        .orElse(response);
  }

  private ResponseOp into(ResponseOp each) {
    ResponseOp.Builder filled = ResponseOp.newBuilder();
    switch (each.getResponseCase()) {
      case RESPONSE_RANGE -> filled.setResponseRange(into(each.getResponseRange()));
      case RESPONSE_PUT -> filled.setResponsePut(into(each.getResponsePut()));
      case RESPONSE_DELETE_RANGE ->
          filled.setResponseDeleteRange(into(each.getResponseDeleteRange()));
      case RESPONSE_TXN -> filled.setResponseTxn(into(each.getResponseTxn()));
      case RESPONSE_NOT_SET -> {}
    }
    return filled.build();
  }

  private Optional<RangeResult> next() {
    return Optional.ofNullable(found.get(operation++));
  }
}
