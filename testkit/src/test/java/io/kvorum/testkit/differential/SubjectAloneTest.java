package io.kvorum.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.MemberListResponse;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What cannot be compared with etcd 3.4.23, because it lacks it, answers in another way or from
/// data of its own (api-3.4-differences.md §2, §3, §5): checked against the reference text alone.
class SubjectAloneTest {
  @TempDir private Path directory;
  private ServerProcess process;
  private Peer kvorum;
  private KVGrpc.KVBlockingStub kv;
  private MaintenanceGrpc.MaintenanceBlockingStub maintenance;

  @BeforeEach
  void start() throws Exception {
    process = ServerProcess.kvorum(directory);
    kvorum = new Peer("Kvorum", Peer.Dialect.BASELINE_3_8, process.endpoint());
    kv = KVGrpc.newBlockingStub(kvorum.channel());
    maintenance = MaintenanceGrpc.newBlockingStub(kvorum.channel());
  }

  @AfterEach
  void stop() {
    kvorum.close();
    process.close();
  }

  @Test
  void status_oneMember_namesItselfAsLeader() {
    put("a", "1");

    StatusResponse status = maintenance.status(StatusRequest.getDefaultInstance());

    assertThat(status.getHeader().getRevision()).isEqualTo(2);
    assertThat(status.getLeader()).isEqualTo(status.getHeader().getMemberId()).isNotZero();
    assertThat(status.getVersion()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(status.getStorageVersion()).matches("\\d+\\.\\d+\\.0");
    assertThat(status.getRaftTerm()).isPositive();
    assertThat(status.getRaftIndex()).isGreaterThanOrEqualTo(status.getRaftAppliedIndex());
    assertThat(status.getRaftAppliedIndex()).isPositive();
    assertThat(status.getDbSize()).isGreaterThanOrEqualTo(status.getDbSizeInUse()).isPositive();
    assertThat(status.getDbSizeQuota()).isEqualTo(2L << 30);
    assertThat(status.hasDowngradeInfo()).isTrue();
    assertThat(status.getErrorsList()).isEmpty();
    assertThat(status.getIsLearner()).isFalse();
  }

  @Test
  void memberList_oneMember_showsItsUrls_revisionZero() {
    MemberListResponse list =
        ClusterGrpc.newBlockingStub(kvorum.channel())
            .memberList(MemberListRequest.newBuilder().setLinearizable(true).build());

    assertThat(list.getHeader().getRevision()).isZero();
    assertThat(list.getMembersList()).hasSize(1);
    assertThat(list.getMembers(0).getID()).isEqualTo(list.getHeader().getMemberId()).isNotZero();
    assertThat(list.getMembers(0).getName()).isEqualTo("default");
    assertThat(list.getMembers(0).getPeerURLsList()).hasSize(1);
    assertThat(list.getMembers(0).getClientURLsList())
        .containsExactly("http://" + process.endpoint());
  }

  @Test
  void hashKv_sameHistory_sameHash_andAnotherWithEveryWrite() {
    put("a", "1");
    HashKVResponse first = hash(0);

    assertThat(first.getHashRevision()).isEqualTo(2);
    assertThat(hash(0).getHash()).isEqualTo(first.getHash());
    assertThat(hash(2).getHash()).isEqualTo(first.getHash());
    put("a", "2");
    assertThat(hash(0).getHash()).isNotEqualTo(first.getHash());
    assertThat(hash(2)).extracting(HashKVResponse::getHash).isEqualTo(first.getHash());
    assertThat(hash(0).getHeader().getRevision()).isEqualTo(3);
  }

  @Test
  void hashKv_revisionOutOfBounds_isRefused() {
    put("a", "1");
    put("a", "2");
    var _ = kv.compact(CompactionRequest.newBuilder().setRevision(3).setPhysical(true).build());

    assertThatThrownBy(() -> hash(4))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision");
    assertThatThrownBy(() -> hash(2))
        .hasMessage("OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
    assertThat(hash(3).getHash()).isNotZero();
  }

  @Test
  void progress_allWatchersInStep_isOneResponseForTheStream() throws Exception {
    put("a", "1");
    send(new Command.WatchReopen(0));
    send(new Command.WatchCreate(0, watch("a", 1), -1));
    put("unrelated", "2");
    assertThat(kvorum.watches().settle(3)).isEmpty();

    Answer answer = kvorum.watches().stream(0).orElseThrow().progress().get(30, TimeUnit.SECONDS);

    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.Replied.class,
            replied -> {
              WatchResponse progress = (WatchResponse) replied.message();
              assertThat(progress.getHeader().getRevision()).isEqualTo(3);
              assertThat(progress.getWatchId()).isEqualTo(-1);
              assertThat(progress.getEventsCount()).isZero();
            });
  }

  @Test
  void rangeStream_ordersAndFilters_areUnimplemented() throws Exception {
    RangeRequest everything =
        RangeRequest.newBuilder().setKey(Keys.ZERO).setRangeEnd(Keys.ZERO).build();

    Answer sorted =
        send(
            new Command.RangeStream(
                everything.toBuilder().setSortOrder(RangeRequest.SortOrder.DESCEND).build()));
    Answer filtered =
        send(new Command.RangeStream(everything.toBuilder().setMinModRevision(1).build()));

    assertThat(sorted)
        .isEqualTo(
            new Answer.Failed(
                Status.Code.UNIMPLEMENTED, "RangeStream does not support custom sort orders"));
    assertThat(filtered)
        .isEqualTo(
            new Answer.Failed(
                Status.Code.UNIMPLEMENTED, "RangeStream does not support revision filters"));
  }

  @Test
  void nestedPut_spaceIsOut_isRefused() throws Exception {
    send(
        new Command.Alarm(
            AlarmRequest.newBuilder()
                .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                .setMemberID(77)
                .setAlarm(AlarmType.NOSPACE)
                .build()));
    PutRequest put = PutRequest.newBuilder().setKey(Keys.ZERO).build();
    TxnRequest inner =
        TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestPut(put)).build();

    Answer answer =
        send(
            new Command.Txn(
                TxnRequest.newBuilder()
                    .addSuccess(RequestOp.newBuilder().setRequestTxn(inner))
                    .build()));

    assertThat(answer)
        .isEqualTo(
            new Answer.Failed(
                Status.Code.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"));
  }

  private static WatchCreateRequest watch(String key, long startRevision) {
    return WatchCreateRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setStartRevision(startRevision)
        .build();
  }

  private Answer send(Command command) throws Exception {
    return kvorum.send(command).get(30, TimeUnit.SECONDS);
  }

  private void put(String key, String value) {
    var _ =
        kv.put(
            PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build());
  }

  private HashKVResponse hash(long revision) {
    return maintenance.hashKV(HashKVRequest.newBuilder().setRevision(revision).build());
  }
}
