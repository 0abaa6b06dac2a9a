package io.kvorum.testkit.differential;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmResponse;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.WatchResponse;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// The table of what an etcd 3.4.23 and a server of the baseline 3.8 may answer differently.
/// Whatever is not in this table must be equal. Sections are those of `api-3.4-differences.md`,
/// unless the row names another document.
///
/// Two more differences need no row, because [AnswerForm] evens them out for all servers: the order
/// of ties, and the lease in keys_only answers (§2). Progress requests (§3), HashKV and Status (§5)
/// are not part of the scripts; see [SubjectAloneTest].
final class ExpectedDifferences {

  /// What to do with a command that is in the table.
  sealed interface Handling {}

  /// Ask only the newer server, and expect this.
  record NewerOnly(String expectation, Predicate<Answer> isExpected) implements Handling {}

  /// Ask both, and compare what is left of each answer.
  record Reduced(UnaryOperator<Answer> reduction) implements Handling {}

  record Row(String section, String what, Predicate<Command> applies, Handling handling) {}

  private static final int LARGEST_MESSAGE_BYTES = 2_097_152;
  private static final ByteString ZERO = Keys.ZERO;
  private static final WatchResponse REFUSED_WATCH =
      WatchResponse.newBuilder()
          .setCreated(true)
          .setCanceled(true)
          .setWatchId(-1)
          .setCancelReason("etcdserver: mvcc: required revision has been compacted")
          .build();

  static final List<Row> ROWS =
      List.of(
          new Row(
              "§1, §2",
              "unknown sort_order or sort_target: 3.4 dies, or answers in key order",
              ExpectedDifferences::hasUnknownSort,
              new NewerOnly(
                  "InvalidArgument",
                  answer ->
                      answer instanceof Answer.Failed(var code, var _)
                          && code == Status.Code.INVALID_ARGUMENT)),
          new Row(
              "§1",
              "put next to a delete without end that covers it: 3.4 accepts, and may die at it",
              ExpectedDifferences::putsUnderEndlessDelete,
              new NewerOnly(
                  "duplicate key",
                  answer ->
                      answer.equals(
                          new Answer.Failed(
                              Status.Code.INVALID_ARGUMENT,
                              "etcdserver: duplicate key given in txn request")))),
          new Row(
              "§1, §5",
              "Alarm ACTIVATE of NONE: 3.4 dies, or stores it",
              command ->
                  command instanceof Command.Alarm(var request)
                      && request.getAction() == AlarmRequest.AlarmAction.ACTIVATE
                      && request.getAlarm() == AlarmType.NONE,
              new NewerOnly(
                  "no alarms",
                  answer ->
                      answer instanceof Answer.Replied(AlarmResponse alarms)
                          && alarms.getAlarmsCount() == 0)),
          new Row(
              "§1",
              "Alarm with an unknown action: 3.4 dies",
              command ->
                  command instanceof Command.Alarm(var request)
                      && request.getAction() == AlarmRequest.AlarmAction.UNRECOGNIZED,
              new NewerOnly(
                  "no alarms, or InvalidArgument",
                  answer ->
                      switch (answer) {
                        case Answer.Replied(AlarmResponse alarms) -> alarms.getAlarmsCount() == 0;
                        case Answer.Failed(var code, _) -> code == Status.Code.INVALID_ARGUMENT;
                        case Answer.Replied _, Answer.Silent _ -> false;
                      })),
          new Row(
              "§3",
              "Watch from a negative revision: 3.4 creates it",
              command ->
                  command instanceof Command.WatchCreate create
                      && create.request().getStartRevision() < 0,
              new NewerOnly(
                  "refused as compacted",
                  answer ->
                      answer instanceof Answer.Replied(WatchResponse response)
                          && response.toBuilder().clearHeader().build().equals(REFUSED_WATCH))),
          new Row(
              "§5",
              "the header of an Alarm answer: 3.4 has none",
              command -> command instanceof Command.Alarm,
              new Reduced(ExpectedDifferences::withoutAlarmHeader)),
          new Row(
              "api.md §4, other statuses",
              "a message above the transport's limit: each gRPC library has a text of its own",
              command ->
                  command instanceof Command.Put(var request)
                      && request.getSerializedSize() > LARGEST_MESSAGE_BYTES,
              new Reduced(ExpectedDifferences::withoutText)));

  private ExpectedDifferences() {}

  static Optional<Row> find(Command command) {
    return ROWS.stream().filter(row -> row.applies().test(command)).findFirst();
  }

  private static Answer withoutAlarmHeader(Answer answer) {
    return answer instanceof Answer.Replied(AlarmResponse alarms)
        ? new Answer.Replied(
            alarms.toBuilder().setHeader(ResponseHeader.getDefaultInstance()).build())
        : answer;
  }

  private static Answer withoutText(Answer answer) {
    return answer instanceof Answer.Failed(var code, _) ? new Answer.Failed(code, "") : answer;
  }

  private static boolean hasUnknownSort(Command command) {
    return switch (command) {
      case Command.Range(var request) -> hasUnknownSort(request);
      case Command.RangeStream(var request) -> hasUnknownSort(request);
      case Command.Txn(var request) -> hasUnknownSort(request);
      default -> false; // no range in it
    };
  }

  private static boolean hasUnknownSort(RangeRequest range) {
    return range.getSortOrder() == RangeRequest.SortOrder.UNRECOGNIZED
        || range.getSortTarget() == RangeRequest.SortTarget.UNRECOGNIZED;
  }

  private static boolean hasUnknownSort(TxnRequest txn) {
    return operations(txn)
        .anyMatch(
            operation ->
                operation.hasRequestRange()
                    ? hasUnknownSort(operation.getRequestRange())
                    : operation.hasRequestTxn() && hasUnknownSort(operation.getRequestTxn()));
  }

  private static boolean putsUnderEndlessDelete(Command command) {
    return command instanceof Command.Txn(var txn)
        && operations(txn)
            .anyMatch(
                operation ->
                    operation.hasRequestDeleteRange()
                        && operation.getRequestDeleteRange().getRangeEnd().equals(ZERO))
        && operations(txn).anyMatch(RequestOp::hasRequestPut)
        && (txn.getSuccessCount() == 0 || txn.getFailureCount() == 0);
  }

  private static Stream<RequestOp> operations(TxnRequest txn) {
    return Stream.concat(txn.getSuccessList().stream(), txn.getFailureList().stream());
  }
}
