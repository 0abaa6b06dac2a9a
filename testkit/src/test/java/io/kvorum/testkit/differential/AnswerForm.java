package io.kvorum.testkit.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.kvorum.proto.etcd.LeaseLeasesResponse;
import io.kvorum.proto.etcd.LeaseStatus;
import io.kvorum.proto.etcd.LeaseTimeToLiveResponse;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import java.util.Comparator;
import java.util.List;

/// Brings an answer into the form in which the answers of two correct servers are equal: whatever
/// order or number the API leaves open is evened out, and nothing else.
final class AnswerForm {
  private AnswerForm() {}

  static Answer of(Command command, Answer answer) {
    return answer instanceof Answer.Replied(var message)
        ? new Answer.Replied(of(command, message))
        : answer;
  }

  private static Message of(Command command, Message message) {
    return switch (message) {
      case RangeResponse response when command instanceof Command.Range(var request) ->
          RangeForm.of(request, response);
      case RangeResponse response when command instanceof Command.RangeStream(var request) ->
          RangeForm.of(request, response);
      case TxnResponse response when command instanceof Command.Txn(var request) ->
          txn(request, response);
      case LeaseTimeToLiveResponse response -> timeToLive(response);
      case LeaseLeasesResponse response -> leases(response);
      default -> message;
    };
  }

  /// Evens out the ranges in the branch that ran, at every depth.
  private static TxnResponse txn(TxnRequest request, TxnResponse response) {
    List<RequestOp> operations =
        response.getSucceeded() ? request.getSuccessList() : request.getFailureList();
    if (operations.size() != response.getResponsesCount()) {
      return response;
    }
    TxnResponse.Builder form = response.toBuilder();
    for (int i = 0; i < operations.size(); i++) {
      RequestOp operation = operations.get(i);
      ResponseOp.Builder result = form.getResponsesBuilder(i);
      if (operation.hasRequestRange() && result.hasResponseRange()) {
        RangeRequest range = operation.getRequestRange();
        result.setResponseRange(RangeForm.of(range, result.getResponseRange()));
      } else if (operation.hasRequestTxn() && result.hasResponseTxn()) {
        result.setResponseTxn(txn(operation.getRequestTxn(), result.getResponseTxn()));
      }
    }
    return form.build();
  }

  /// The keys of a lease come in any order.
  private static LeaseTimeToLiveResponse timeToLive(LeaseTimeToLiveResponse response) {
    List<ByteString> keys =
        response.getKeysList().stream()
            .sorted(ByteString.unsignedLexicographicalComparator())
            .toList();
    return response.toBuilder().clearKeys().addAllKeys(keys).build();
  }

  /// Leases come in the order of their deadlines, which depend on each server's clock.
  private static LeaseLeasesResponse leases(LeaseLeasesResponse response) {
    List<LeaseStatus> leases =
        response.getLeasesList().stream()
            .sorted(Comparator.comparingLong(LeaseStatus::getID))
            .toList();
    return response.toBuilder().clearLeases().addAllLeases(leases).build();
  }
}
