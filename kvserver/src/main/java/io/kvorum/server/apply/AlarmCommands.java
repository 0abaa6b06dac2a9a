package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmResponse;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.apply.Alarms.Alarm;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Raises, clears and lists alarms, and says what a raised one forbids (api.md §3.6).
///
/// Owned by the thread `apply`.
final class AlarmCommands {
  private Alarms alarms;

  /// Takes up what a store holds.
  ///
  /// @param facts the store's replicated facts by name
  AlarmCommands(Function<String, Optional<ByteString>> facts) {
    this.alarms = facts.apply(StoredFact.ALARMS.key()).map(Alarms::decode).orElse(Alarms.NONE);
  }

  Alarms alarms() {
    return alarms;
  }

  ApplyResult execute(AlarmRequest request, Execution execution) {
    List<AlarmMember> answer =
        switch (request.getAction()) {
          case GET -> list(request.getAlarm());
          case ACTIVATE -> activate(request, execution);
          case DEACTIVATE -> deactivate(request, execution);
          case UNRECOGNIZED -> List.of();
        };
    return new ApplyResult.Applied(
        AlarmResponse.newBuilder().addAllAlarms(answer).build(), execution.batch().head());
  }

  /// Why no member may execute the command now, if so. CORRUPT is judged before NOSPACE.
  Optional<Rejection> forbids(LogCommand command) {
    if (alarms.isRaised(AlarmType.CORRUPT) && changesKeys(command)) {
      return Optional.of(new Rejection.Corrupt());
    }
    if (alarms.isRaised(AlarmType.NOSPACE) && takesSpace(command)) {
      return Optional.of(new Rejection.NoSpace());
    }
    return Optional.empty();
  }

  private List<AlarmMember> list(AlarmType type) {
    return type == AlarmType.NONE ? alarms.all() : alarms.ofType(type);
  }

  private List<AlarmMember> activate(AlarmRequest request, Execution execution) {
    AlarmType type = request.getAlarm();
    if (type == AlarmType.NONE || type == AlarmType.UNRECOGNIZED) {
      return List.of();
    }
    Alarm alarm = new Alarm(new MemberId(request.getMemberID()), type);
    if (!alarms.contains(alarm)) {
      store(alarms.with(alarm), execution);
    }
    return List.of(alarm.toApi());
  }

  private List<AlarmMember> deactivate(AlarmRequest request, Execution execution) {
    if (request.getAlarm() == AlarmType.UNRECOGNIZED) {
      return List.of();
    }
    Alarm alarm = new Alarm(new MemberId(request.getMemberID()), request.getAlarm());
    if (!alarms.contains(alarm)) {
      return List.of();
    }
    store(alarms.without(alarm), execution);
    return List.of(alarm.toApi());
  }

  private void store(Alarms changed, Execution execution) {
    alarms = changed;
    execution.batch().putMeta(StoredFact.ALARMS.key(), changed.encode());
  }

  private static boolean changesKeys(LogCommand command) {
    return switch (command.getCommandCase()) {
      case PUT, DELETE_RANGE, TXN, COMPACTION, LEASE_GRANT, LEASE_REVOKE, LEASE_EXPIRY -> true;
      case LEASE_CHECKPOINTS,
          ALARM,
          MEMBER_ATTRIBUTES,
          CLUSTER_VERSION,
          MEMBER_CHANGE,
          MEMBER_ADDRESSES,
          COMMAND_NOT_SET ->
          false;
    };
  }

  private static boolean takesSpace(LogCommand command) {
    return switch (command.getCommandCase()) {
      case PUT, LEASE_GRANT -> true;
      case TXN -> hasPut(command.getTxn());
      case DELETE_RANGE,
          COMPACTION,
          LEASE_REVOKE,
          LEASE_EXPIRY,
          LEASE_CHECKPOINTS,
          ALARM,
          MEMBER_ATTRIBUTES,
          CLUSTER_VERSION,
          MEMBER_CHANGE,
          MEMBER_ADDRESSES,
          COMMAND_NOT_SET ->
          false;
    };
  }

  /// Whether any branch, taken or not, holds a put. Nesting is user data, so no recursion.
  private static boolean hasPut(TxnRequest txn) {
    Deque<List<RequestOp>> open = new ArrayDeque<>();
    open.push(txn.getSuccessList());
    open.push(txn.getFailureList());
    while (!open.isEmpty()) {
      for (RequestOp operation : open.pop()) {
        if (operation.hasRequestPut()) {
          return true;
        }
        if (operation.hasRequestTxn()) {
          open.push(operation.getRequestTxn().getSuccessList());
          open.push(operation.getRequestTxn().getFailureList());
        }
      }
    }
    return false;
  }
}
