package io.kvorum.server.apply;

import static io.kvorum.server.apply.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmRequest.AlarmAction;
import io.kvorum.proto.etcd.AlarmResponse;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Alarms as api.md §3.6 has them; cases of §8 are cited by number.
class AlarmCommandsTest {
  @TempDir Path directory;
  private Workbench bench;

  @BeforeEach
  void open() {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void alarm_activatedTwice_isAnsweredBothTimesAndStoredOnce() {
    assertThat(alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE))
        .containsExactly(raised(5, AlarmType.NOSPACE));
    assertThat(alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE))
        .containsExactly(raised(5, AlarmType.NOSPACE));
    assertThat(alarm(AlarmAction.GET, 0, AlarmType.NONE))
        .containsExactly(raised(5, AlarmType.NOSPACE));
  }

  @Test
  void alarms_listed_areSortedByMemberUnsignedAndFilteredByType() {
    alarm(AlarmAction.ACTIVATE, -2, AlarmType.NOSPACE);
    alarm(AlarmAction.ACTIVATE, 7, AlarmType.CORRUPT);
    alarm(AlarmAction.ACTIVATE, 7, AlarmType.NOSPACE);

    assertThat(alarm(AlarmAction.GET, 99, AlarmType.NONE))
        .containsExactly(
            raised(7, AlarmType.NOSPACE),
            raised(7, AlarmType.CORRUPT),
            raised(-2, AlarmType.NOSPACE));
    assertThat(alarm(AlarmAction.GET, 0, AlarmType.CORRUPT))
        .containsExactly(raised(7, AlarmType.CORRUPT));
    assertThat(bench.batches.clusterState().alarms().all()).hasSize(3);
  }

  @Test
  void noneOrUnknown_activated_isNothing() {
    assertThat(alarm(AlarmAction.ACTIVATE, 5, AlarmType.NONE)).isEmpty();
    AlarmRequest unknown =
        AlarmRequest.newBuilder().setActionValue(9).setAlarm(AlarmType.NOSPACE).build();
    assertThat(
            bench
                .execute(LogCommand.newBuilder().setAlarm(unknown), AlarmResponse.class)
                .getAlarmsList())
        .isEmpty();
  }

  @Test
  void deactivation_ofAnotherMember_isNothing() {
    alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE);

    assertThat(alarm(AlarmAction.DEACTIVATE, 0, AlarmType.NOSPACE)).isEmpty();
    assertThat(alarm(AlarmAction.DEACTIVATE, 5, AlarmType.CORRUPT)).isEmpty();
    assertThat(alarm(AlarmAction.DEACTIVATE, 5, AlarmType.NOSPACE))
        .containsExactly(raised(5, AlarmType.NOSPACE));
    assertThat(alarm(AlarmAction.GET, 0, AlarmType.NONE)).isEmpty();
  }

  /// Cases 59 and 60.
  @Test
  void noSpace_raisedForAnyMember_stopsWhatTakesSpaceAndNothingElse() {
    bench.execute(grant(8));
    bench.put("a", "1");
    alarm(AlarmAction.ACTIVATE, 99, AlarmType.NOSPACE);

    for (LogCommand.Builder refused :
        List.of(put(), grant(7), grantTooLong(), txn(true), nestedPut())) {
      assertThat(bench.rejection(refused)).isEqualTo(new Rejection.NoSpace());
    }
    for (LogCommand.Builder allowed : List.of(txn(false), delete(), revoke(8), compaction())) {
      assertThat(bench.execute(allowed)).isInstanceOf(ApplyResult.Applied.class);
    }
    alarm(AlarmAction.DEACTIVATE, 99, AlarmType.NOSPACE);
    assertThat(bench.put("b", "1")).isEqualTo(4);
  }

  /// Case 61.
  @Test
  void corrupt_raised_stopsEveryChangeAndIsJudgedFirst() {
    bench.execute(grant(8));
    alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE);
    alarm(AlarmAction.ACTIVATE, 5, AlarmType.CORRUPT);

    for (LogCommand.Builder refused :
        List.of(put(), delete(), txn(false), compaction(), grant(7), grantTooLong(), revoke(8))) {
      assertThat(bench.rejection(refused)).isEqualTo(new Rejection.Corrupt());
    }
  }

  @Test
  void alarms_surviveRestart() {
    alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE);

    bench.close();
    bench = new Workbench(directory);

    assertThat(bench.batches.clusterState().alarms().isRaised(AlarmType.NOSPACE)).isTrue();
    assertThat(bench.rejection(put())).isEqualTo(new Rejection.NoSpace());
  }

  /// To be refused for its length, were there no alarm.
  private static LogCommand.Builder grantTooLong() {
    return LogCommand.newBuilder()
        .setLeaseGrant(LeaseGrantRequest.newBuilder().setID(7).setTTL(9_000_000_001L));
  }

  private List<AlarmMember> alarm(AlarmAction action, long member, AlarmType type) {
    AlarmRequest request =
        AlarmRequest.newBuilder().setAction(action).setMemberID(member).setAlarm(type).build();
    return bench
        .execute(LogCommand.newBuilder().setAlarm(request), AlarmResponse.class)
        .getAlarmsList();
  }

  private static AlarmMember raised(long member, AlarmType type) {
    return AlarmMember.newBuilder().setMemberID(member).setAlarm(type).build();
  }

  private static LogCommand.Builder put() {
    return LogCommand.newBuilder().setPut(PutRequest.newBuilder().setKey(bytes("a")));
  }

  private static LogCommand.Builder grant(long id) {
    return LogCommand.newBuilder()
        .setLeaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(60));
  }

  private static LogCommand.Builder revoke(long id) {
    return LogCommand.newBuilder().setLeaseRevoke(LeaseRevokeRequest.newBuilder().setID(id));
  }

  private static LogCommand.Builder delete() {
    return LogCommand.newBuilder()
        .setDeleteRange(DeleteRangeRequest.newBuilder().setKey(bytes("a")));
  }

  private static LogCommand.Builder compaction() {
    return LogCommand.newBuilder().setCompaction(CompactionRequest.newBuilder().setRevision(1));
  }

  /// A transaction that deletes; the branch not taken may hold a put.
  private static LogCommand.Builder txn(boolean putOnTheOtherBranch) {
    TxnRequest.Builder txn =
        TxnRequest.newBuilder()
            .addSuccess(
                RequestOp.newBuilder()
                    .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(bytes("z"))));
    if (putOnTheOtherBranch) {
      txn.addFailure(putOperation());
    }
    return LogCommand.newBuilder().setTxn(txn);
  }

  private static LogCommand.Builder nestedPut() {
    TxnRequest inner = TxnRequest.newBuilder().addFailure(putOperation()).build();
    return LogCommand.newBuilder()
        .setTxn(TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestTxn(inner)));
  }

  private static RequestOp.Builder putOperation() {
    return RequestOp.newBuilder().setRequestPut(PutRequest.newBuilder().setKey(bytes("a")));
  }
}
