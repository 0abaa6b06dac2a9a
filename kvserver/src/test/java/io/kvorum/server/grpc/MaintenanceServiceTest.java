package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmRequest.AlarmAction;
import io.kvorum.proto.etcd.AlarmResponse;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.DefragmentRequest;
import io.kvorum.proto.etcd.DefragmentResponse;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.HashRequest;
import io.kvorum.proto.etcd.HashResponse;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc.MaintenanceBlockingStub;
import io.kvorum.proto.etcd.Member;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.MemberListResponse;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.server.read.ReadFailure;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `api.md` §3.5 (the list) and §3.6.
class MaintenanceServiceTest {
  @TempDir Path directory;
  private ServedStore served;
  private MaintenanceBlockingStub maintenance;

  @BeforeEach
  void serve() throws Exception {
    served = ServedStore.in(directory.resolve("db"));
    maintenance = MaintenanceGrpc.newBlockingStub(served.channel());
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void freshMember_status_hasEveryFieldThatClientsReadFrom() {
    StatusResponse status = maintenance.status(StatusRequest.getDefaultInstance());

    assertThat(status.getHeader()).isEqualTo(served.headers.at(1));
    assertThat(status.getVersion()).isEqualTo("3.7.0");
    assertThat(status.getStorageVersion()).isEqualTo("3.7.0");
    assertThat(status.getLeader()).isEqualTo(ServedStore.LEADER.value());
    assertThat(status.getRaftIndex()).isEqualTo(1_000);
    assertThat(status.getRaftTerm()).isEqualTo(ServedStore.TERM);
    assertThat(status.getDbSize()).isPositive();
    assertThat(status.getDbSizeInUse()).isBetween(0L, status.getDbSize());
    assertThat(status.getDbSizeQuota()).isEqualTo(ServedStore.QUOTA_BYTES);
    assertThat(status.hasDowngradeInfo()).isTrue();
    assertThat(status.getIsLearner()).isFalse();
    assertThat(status.getErrorsList()).isEmpty();
  }

  @Test
  void memberWithDataAndTroubles_status_saysSo() {
    served.put("a", "some value");
    served.leaderKnown = false;
    served.alarms =
        List.of(AlarmMember.newBuilder().setMemberID(-1).setAlarm(AlarmType.NOSPACE).build());

    StatusResponse status = maintenance.status(StatusRequest.getDefaultInstance());

    assertThat(status.getDbSizeInUse()).isPositive().isLessThanOrEqualTo(status.getDbSize());
    assertThat(status.getRaftAppliedIndex()).isEqualTo(1);
    assertThat(status.getLeader()).isZero();
    assertThat(status.getErrorsList())
        .containsExactly("etcdserver: no leader", "memberID:18446744073709551615 alarm:NOSPACE");
  }

  @Test
  void alarmRequest_everyAction_goesThroughTheLog() {
    AlarmMember raised =
        AlarmMember.newBuilder().setMemberID(3).setAlarm(AlarmType.CORRUPT).build();
    served.commands.apply(AlarmResponse.newBuilder().addAlarms(raised).build(), 8);

    AlarmResponse response = maintenance.alarm(AlarmRequest.getDefaultInstance());

    assertThat(response.getAlarmsList()).containsExactly(raised);
    assertThat(response.getHeader()).isEqualTo(served.headers.at(8));
    assertThat(served.commands.proposed())
        .containsExactly(
            LogCommand.newBuilder().setAlarm(AlarmRequest.getDefaultInstance()).build());
  }

  /// The reference member crashes at this one.
  @Test
  void alarmRequest_unknownAction_isRefused() {
    AlarmRequest unknown =
        AlarmRequest.newBuilder().setActionValue(9).setAlarm(AlarmType.NOSPACE).build();
    AlarmRequest unknownAlarm =
        AlarmRequest.newBuilder().setAction(AlarmAction.ACTIVATE).setAlarmValue(9).build();

    assertThat(Calls.failureOf(() -> maintenance.alarm(unknown)).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(Calls.failureOf(() -> maintenance.alarm(unknownAlarm)).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(served.commands.proposed()).isEmpty();
  }

  /// Cases 62 and 64.
  @Test
  void hashes_askedTwice_areTheSameAndNotZero() {
    served.put("a", "1");
    served.put("b", "2");

    HashKVResponse first = maintenance.hashKV(HashKVRequest.getDefaultInstance());
    HashKVResponse again = maintenance.hashKV(HashKVRequest.newBuilder().setRevision(3).build());
    HashResponse whole = maintenance.hash(HashRequest.getDefaultInstance());

    assertThat(first).isEqualTo(again);
    assertThat(first.getHeader()).isEqualTo(served.headers.at(3));
    assertThat(first.getHashRevision()).isEqualTo(3);
    assertThat(first.getCompactRevision()).as("never compacted").isEqualTo(-1);
    assertThat(first.getHash()).isNotZero();
    assertThat(whole.getHash()).isNotZero();
    assertThat(whole.getHeader()).isEqualTo(served.headers.at(3));
  }

  @Test
  void hashKv_outsideTheKeptRevisions_isRefused() {
    served.put("a", "1");
    served.put("a", "2");
    served.compact(3);

    assertThat(hashFailureAt(4))
        .isEqualTo("etcdserver: mvcc: required revision is a future revision");
    assertThat(hashFailureAt(2))
        .isEqualTo("etcdserver: mvcc: required revision has been compacted");
    assertThat(
            maintenance
                .hashKV(HashKVRequest.newBuilder().setRevision(3).build())
                .getCompactRevision())
        .isEqualTo(3);
  }

  private String hashFailureAt(long revision) {
    HashKVRequest request = HashKVRequest.newBuilder().setRevision(revision).build();
    return String.valueOf(Calls.failureOf(() -> maintenance.hashKV(request)).getDescription());
  }

  @Test
  void defragment_asked_answersAndChangesNothing() {
    served.put("a", "1");
    HashKVResponse before = maintenance.hashKV(HashKVRequest.getDefaultInstance());

    DefragmentResponse response = maintenance.defragment(DefragmentRequest.getDefaultInstance());

    assertThat(response.getHeader()).isEqualTo(served.headers.at(2));
    assertThat(maintenance.hashKV(HashKVRequest.getDefaultInstance())).isEqualTo(before);
  }

  /// Case 57. Ids are unsigned; the header has no revision.
  @Test
  void memberList_withoutQuorum_isServedLocallyOnly() {
    served.failReads(ReadFailure.TIMED_OUT);
    var cluster = ClusterGrpc.newBlockingStub(served.channel());

    MemberListResponse local = cluster.memberList(MemberListRequest.getDefaultInstance());

    assertThat(local.getMembersList()).extracting(Member::getID).containsExactly(17L, -5L);
    assertThat(local.getHeader()).isEqualTo(served.headers.withoutRevision());
    assertThat(
            Calls.failureOf(
                    () ->
                        cluster.memberList(
                            MemberListRequest.newBuilder().setLinearizable(true).build()))
                .getDescription())
        .isEqualTo("etcdserver: request timed out");
  }
}
