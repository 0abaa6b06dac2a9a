package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmRequest.AlarmAction;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.cluster.PlainCluster.Member;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Members of which one has another value than the others (operations.md §5.9).
class CorruptionTest {
  private static final Duration ENOUGH = Duration.ofSeconds(30);
  private static final String COMPARED_AT_START = "--feature-gates=InitialCorruptCheck=true";
  private static final String PERIODIC = "--corrupt-check-time=500ms";
  private static final ByteString KEY = ByteString.copyFromUtf8("key");
  private static final int SIGTERM_STATUS = 143;

  @TempDir Path directory;

  @Test
  void memberWithDamagedData_isKeptFromServing_orNamedByAnAlarmThatStopsAllWrites()
      throws Exception {
    try (PlainCluster cluster = PlainCluster.start(directory, PERIODIC)) {
      Member leader = cluster.leader();
      Member sound = cluster.followers().getFirst();
      Member damaged = cluster.followers().getLast();
      put(leader, "right");
      KeyHash.assertEqualOn(cluster.members());

      damage(damaged);
      damaged.startAs(ServerKind.KVORUM.command(), COMPARED_AT_START);
      long id = idOf(damaged, leader);
      assertThat(damaged.process().awaitExit(ENOUGH)).isEqualTo(1);
      assertThat(Files.readString(damaged.place().output()))
          .contains(Long.toHexString(id) + " found data inconsistency with peers");

      damaged.startAs(ServerKind.KVORUM.command(), PERIODIC);
      assertThat(awaitAlarm(leader)).isEqualTo(corrupt(id));
      assertReported(leader, id);
      assertWritesRefused(leader);
      assertWritesRefused(sound);
      assertThat(value(sound)).isEqualTo("right");
      assertThat(KeyHash.of(damaged, 2)).isNotEqualTo(KeyHash.of(leader, 2));

      damaged.process().kill();
      disarm(leader, id);
      put(leader, "on");
      assertThat(value(sound)).isEqualTo("on");
      assertThat(leader.page("/readyz")).isEqualTo("ok\n");
    }
  }

  @Test
  void soundMember_comparedWithItsPeers_serves() throws Exception {
    try (PlainCluster cluster = PlainCluster.start(directory, COMPARED_AT_START)) {
      put(cluster.leader(), "right");
      Member member = cluster.followers().getFirst();
      assertThat(member.process().terminate()).isEqualTo(SIGTERM_STATUS);

      member.startAgain();

      assertThat(Files.readString(member.place().output()))
          .contains("same hash values as remote peer");
      assertThat(value(member)).isEqualTo("right");
    }
  }

  private static void damage(Member member) throws Exception {
    assertThat(member.process().terminate()).isEqualTo(SIGTERM_STATUS);
    assertThat(
            DamagedStore.change(
                member.place().data().resolve("member").resolve("db"), "right", "wrong"))
        .as("rows of the newest state and of history")
        .isEqualTo(2);
  }

  private static long idOf(Member member, Member asked) {
    return asked
        .cluster()
        .memberList(MemberListRequest.getDefaultInstance())
        .getMembersList()
        .stream()
        .filter(known -> known.getName().equals(member.place().name()))
        .findFirst()
        .orElseThrow()
        .getID();
  }

  private static AlarmMember corrupt(long id) {
    return AlarmMember.newBuilder().setMemberID(id).setAlarm(AlarmType.CORRUPT).build();
  }

  private static AlarmMember awaitAlarm(Member asked) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + ENOUGH.toNanos();
    while (System.nanoTime() < deadlineNanos) {
      List<AlarmMember> alarms =
          asked
              .maintenance()
              .alarm(AlarmRequest.newBuilder().setAction(AlarmAction.GET).build())
              .getAlarmsList();
      if (!alarms.isEmpty()) {
        return alarms.getFirst();
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    throw new AssertionError("no alarm was raised");
  }

  private static void disarm(Member asked, long id) {
    assertThat(
            asked
                .maintenance()
                .alarm(
                    AlarmRequest.newBuilder()
                        .setAction(AlarmAction.DEACTIVATE)
                        .setMemberID(id)
                        .setAlarm(AlarmType.CORRUPT)
                        .build())
                .getAlarmsList())
        .containsExactly(corrupt(id));
  }

  private static void assertReported(Member member, long id) throws Exception {
    assertThat(member.page("/health"))
        .isEqualTo("{\"health\":\"false\",\"reason\":\"ALARM CORRUPT\"}\n");
    assertThat(member.page("/readyz"))
        .contains("[-]data_corruption failed: alarm activated: CORRUPT\n")
        .contains("[+]linearizable_read ok\n");
    assertThat(member.page("/livez")).isEqualTo("ok\n");
    assertThat(member.page("/metrics"))
        .containsPattern(
            "etcd_debugging_server_alarms\\{(?=[^}]*alarm_type=\"CORRUPT\")(?=[^}]*server_id=\""
                + Long.toHexString(id)
                + "\")[^}]*} 1");
    assertThat(member.status().getErrorsList())
        .containsExactly("memberID:" + Long.toUnsignedString(id) + " alarm:CORRUPT");
  }

  private static void assertWritesRefused(Member member) {
    PutRequest put = PutRequest.newBuilder().setKey(KEY).build();
    DeleteRangeRequest delete = DeleteRangeRequest.newBuilder().setKey(KEY).build();
    TxnRequest txn =
        TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestPut(put)).build();
    for (Runnable write :
        List.<Runnable>of(
            () -> member.kv().put(put),
            () -> member.kv().deleteRange(delete),
            () -> member.kv().txn(txn),
            () -> member.kv().compact(CompactionRequest.newBuilder().setRevision(2).build()),
            () ->
                LeaseGrpc.newBlockingStub(member.kv().getChannel())
                    .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build()))) {
      assertThatThrownBy(write::run)
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              refusal -> {
                assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.DATA_LOSS);
                assertThat(refusal.getStatus().getDescription())
                    .isEqualTo("etcdserver: corrupt cluster");
              });
    }
  }

  private static void put(Member member, String value) {
    var _ =
        member
            .kv()
            .put(
                PutRequest.newBuilder()
                    .setKey(KEY)
                    .setValue(ByteString.copyFromUtf8(value))
                    .build());
  }

  private static String value(Member member) {
    return member
        .kv()
        .range(RangeRequest.newBuilder().setKey(KEY).build())
        .getKvs(0)
        .getValue()
        .toStringUtf8();
  }
}
