package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kvorum.invariant.Invariant;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmResponse;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.storage.Alarm;
import io.kvorum.proto.storage.Alarms;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// The replicated alarms and what they forbid (etcd API: Maintenance.Alarm, `api.md` §3.6).
///
/// Written by the thread `apply`; [#raised()] may be read by any thread.
public final class AlarmCommands {
  private static final String META = "alarms";
  private static final int FORMAT = 1;
  private static final Comparator<AlarmMember> ORDER =
      Comparator.comparingInt(AlarmMember::getAlarmValue)
          .thenComparing(AlarmMember::getMemberID, Long::compareUnsigned);

  private final TreeSet<AlarmMember> alarms = new TreeSet<>(ORDER);
  private volatile List<AlarmMember> published = List.of();

  /// Takes over what the store has after a start.
  AlarmCommands(Optional<ByteString> stored) {
    stored.map(AlarmCommands::decode).ifPresent(this::load);
  }

  private void load(Alarms stored) {
    Invariant.check(
        stored.getVersion() == FORMAT,
        "alarms of format %d, this program knows %d",
        stored.getVersion(),
        FORMAT);
    for (Alarm alarm : stored.getAlarmsList()) {
      alarms.add(member(alarm.getMemberId(), alarm.getType()));
    }
    published = List.copyOf(alarms);
  }

  private static Alarms decode(ByteString bytes) {
    try {
      return Alarms.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new InvariantViolation("the stored alarms are damaged", e);
    }
  }

  private static AlarmMember member(long id, AlarmType type) {
    return AlarmMember.newBuilder().setMemberID(id).setAlarm(type).build();
  }

  /// All alarms, by type and member.
  public List<AlarmMember> raised() {
    return published;
  }

  ApplyResult apply(ApplyBatch batch, AlarmRequest request) {
    AlarmMember named = member(request.getMemberID(), request.getAlarm());
    AlarmResponse.Builder response = AlarmResponse.newBuilder();
    switch (request.getAction()) {
      case GET ->
          alarms.stream()
              .filter(
                  alarm ->
                      request.getAlarm() == AlarmType.NONE
                          || alarm.getAlarm() == request.getAlarm())
              .forEach(response::addAlarms);
      case ACTIVATE -> {
        if (request.getAlarm() != AlarmType.NONE) {
          if (alarms.add(named)) {
            store(batch);
          }
          response.addAlarms(named);
        }
      }
      case DEACTIVATE -> {
        if (alarms.remove(named)) {
          store(batch);
          response.addAlarms(named);
        }
      }
      case UNRECOGNIZED -> {
        // Refused before it is proposed; from a newer member it would be of a newer format.
      }
    }
    return new ApplyResult.Applied(response.build(), batch.head());
  }

  private void store(ApplyBatch batch) {
    Alarms.Builder stored = Alarms.newBuilder().setVersion(FORMAT);
    for (AlarmMember alarm : alarms) {
      stored.addAlarms(
          Alarm.newBuilder().setMemberId(alarm.getMemberID()).setType(alarm.getAlarm()));
    }
    batch.putMeta(META, stored.build().toByteString());
    published = List.copyOf(alarms);
  }

  static String metaName() {
    return META;
  }

  /// Whether an alarm forbids the command: CORRUPT every change of keys and leases, NOSPACE what
  /// makes the store grow.
  Optional<Rejection> forbids(LogCommand command) {
    if (published.isEmpty()) {
      return Optional.empty();
    }
    if (isRaised(AlarmType.CORRUPT) && changesData(command)) {
      return Optional.of(new Rejection.Corrupt());
    }
    return isRaised(AlarmType.NOSPACE) && grows(command)
        ? Optional.of(new Rejection.NoSpace())
        : Optional.empty();
  }

  private boolean isRaised(AlarmType type) {
    return published.stream().anyMatch(alarm -> alarm.getAlarm() == type);
  }

  private static boolean changesData(LogCommand command) {
    return switch (command.getCommandCase()) {
      case PUT, DELETE_RANGE, TXN, COMPACTION, LEASE_GRANT, LEASE_REVOKE -> true;
      case LEASE_EXPIRY,
          LEASE_CHECKPOINTS,
          ALARM,
          MEMBER_ATTRIBUTES,
          CLUSTER_VERSION,
          COMMAND_NOT_SET ->
          false;
    };
  }

  private static boolean grows(LogCommand command) {
    return switch (command.getCommandCase()) {
      case PUT, LEASE_GRANT -> true;
      case TXN -> puts(command.getTxn());
      case DELETE_RANGE,
          COMPACTION,
          LEASE_REVOKE,
          LEASE_EXPIRY,
          LEASE_CHECKPOINTS,
          ALARM,
          MEMBER_ATTRIBUTES,
          CLUSTER_VERSION,
          COMMAND_NOT_SET ->
          false;
    };
  }

  /// Whether there is a put anywhere in the transaction, taken or not.
  private static boolean puts(TxnRequest request) {
    Deque<TxnRequest> open = new ArrayDeque<>(List.of(request));
    while (!open.isEmpty()) {
      TxnRequest txn = open.pop();
      for (List<RequestOp> branch : List.of(txn.getSuccessList(), txn.getFailureList())) {
        for (RequestOp operation : branch) {
          if (operation.hasRequestPut()) {
            return true;
          }
          if (operation.hasRequestTxn()) {
            open.push(operation.getRequestTxn());
          }
        }
      }
    }
    return false;
  }
}
