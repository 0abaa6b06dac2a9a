package io.kvorum.server.grpc;

import static io.kvorum.server.grpc.TxnRequests.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmRequest.AlarmAction;
import io.kvorum.proto.etcd.AlarmResponse;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.CompactionResponse;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.KVGrpc.KVBlockingStub;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.command.Rejection.RevisionBounds;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.read.ReadFailure;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `api.md` §3.1 and §4.1 over a real connection.
class KvServiceTest {
  @TempDir Path directory;
  private ServedStore served;
  private KVBlockingStub kv;

  @BeforeEach
  void serve() throws Exception {
    served = ServedStore.in(directory.resolve("db"));
    kv = KVGrpc.newBlockingStub(served.channel());
  }

  @AfterEach
  void stop() throws Exception {
    served.close();
  }

  @Test
  void emptyStore_ranged_hasRevisionOne() {
    RangeResponse response = kv.range(range("a").build());

    assertThat(response.getHeader()).isEqualTo(header(1));
    assertThat(response.getCount()).isZero();
    assertThat(response.getKvsList()).isEmpty();
  }

  @Test
  void oneKey_ranged_comesWithAllItsFields() {
    served.put("a", "old");
    served.write(txn -> txn.put(bytes("a"), bytes("new"), 7));

    RangeResponse response = kv.range(range("a").build());

    assertThat(response.getHeader()).isEqualTo(header(3));
    assertThat(response.getCount()).isEqualTo(1);
    assertThat(response.getKvs(0))
        .isEqualTo(
            io.kvorum.proto.mvcc.KeyValue.newBuilder()
                .setKey(bytes("a"))
                .setValue(bytes("new"))
                .setCreateRevision(2)
                .setModRevision(3)
                .setVersion(2)
                .setLease(7)
                .build());
  }

  @Test
  void linearizableRange_served_isConfirmedAndSerializableIsNot() {
    kv.range(range("a").setSerializable(true).build());
    assertThat(served.confirmations).hasValue(0);

    kv.range(range("a").build());
    assertThat(served.confirmations).hasValue(1);
  }

  @Test
  void linearizableRange_notConfirmed_failsAsItsReason() {
    served.failReads(ReadFailure.LEADER_CHANGED);

    assertThat(failure(() -> kv.range(range("a").build())))
        .isEqualTo("UNAVAILABLE: etcdserver: leader changed");
  }

  /// Cases 3, 4 and 5.
  @Test
  void compactedStore_rangedAroundTheCompactRevision_refusesBelowOnly() {
    served.put("a", "1");
    served.put("a", "2");
    served.put("a", "3");
    served.compact(3);

    assertThat(kv.range(range("a").setRevision(3).build()).getKvs(0).getValue())
        .isEqualTo(bytes("2"));
    assertThat(kv.range(range("a").setRevision(3).build()).getHeader()).isEqualTo(header(4));
    assertThat(failure(() -> kv.range(range("a").setRevision(2).build())))
        .isEqualTo("OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
    assertThat(failure(() -> kv.range(prefix("a").setRevision(2).build())))
        .isEqualTo("OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
    assertThat(failure(() -> kv.range(range("a").setRevision(5).build())))
        .isEqualTo("OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision");
  }

  /// Cases 17, 18 and 20.
  @Test
  void prefix_rangedWithLimits_countsAllKeys() {
    for (String key : new String[] {"p1", "p2", "p3", "q"}) {
      served.put(key, "v");
    }

    RangeResponse limited = kv.range(prefix("p").setLimit(2).build());
    RangeResponse exact = kv.range(prefix("p").setLimit(3).build());
    RangeResponse counted =
        kv.range(prefix("p").setLimit(1).setCountOnly(true).setKeysOnly(true).build());
    RangeResponse filtered = kv.range(prefix("p").setMinModRevision(3).build());

    assertThat(limited.getKvsCount()).isEqualTo(2);
    assertThat(limited.getMore()).isTrue();
    assertThat(limited.getCount()).isEqualTo(3);
    assertThat(exact.getKvsCount()).isEqualTo(3);
    assertThat(exact.getMore()).isFalse();
    assertThat(counted.getKvsCount()).isZero();
    assertThat(counted.getCount()).isEqualTo(3);
    assertThat(filtered.getKvsCount()).isEqualTo(2);
    assertThat(filtered.getCount()).isEqualTo(3);
  }

  @Test
  void putApplied_answered_carriesHeaderOfItsRevision() {
    served.commands.apply(
        PutResponse.newBuilder()
            .setPrevKv(io.kvorum.proto.mvcc.KeyValue.getDefaultInstance())
            .build(),
        9);
    PutRequest put = PutRequest.newBuilder().setKey(bytes("a")).setPrevKv(true).build();

    PutResponse response = kv.put(put);

    assertThat(response.getHeader()).isEqualTo(header(9));
    assertThat(response.hasPrevKv()).as("case 15").isTrue();
    assertThat(served.commands.proposed())
        .containsExactly(LogCommand.newBuilder().setPut(put).build());
  }

  @Test
  void putRejectedOrLost_answered_saysWhich() {
    PutRequest put = PutRequest.newBuilder().setKey(bytes("a")).setLease(7).build();

    served.commands.reject(new Rejection.LeaseNotFound(new LeaseId(7)));
    assertThat(failure(() -> kv.put(put)))
        .isEqualTo("NOT_FOUND: etcdserver: requested lease not found");
    served.commands.fail(new ProposalFailure.NoLeader());
    assertThat(failure(() -> kv.put(put)))
        .isEqualTo("DEADLINE_EXCEEDED: context deadline exceeded");
  }

  @Test
  void requestWithFlaw_sent_isNotProposed() {
    assertThat(failure(() -> kv.put(PutRequest.getDefaultInstance())))
        .isEqualTo("INVALID_ARGUMENT: etcdserver: key is not provided");
    assertThat(failure(() -> kv.deleteRange(DeleteRangeRequest.getDefaultInstance())))
        .isEqualTo("INVALID_ARGUMENT: etcdserver: key is not provided");
    assertThat(failure(() -> kv.range(range("a").setSortOrderValue(200).build())))
        .isEqualTo("INVALID_ARGUMENT: etcdserver: invalid sort option");
    assertThat(served.commands.proposed()).isEmpty();
  }

  @Test
  void deleteRangeApplied_answered_carriesHeader() {
    served.commands.apply(DeleteRangeResponse.newBuilder().setDeleted(4).build(), 11);

    DeleteRangeResponse response =
        kv.deleteRange(DeleteRangeRequest.newBuilder().setKey(bytes("a")).build());

    assertThat(response.getDeleted()).isEqualTo(4);
    assertThat(response.getHeader()).isEqualTo(header(11));
  }

  /// §4.1 step 6: before the empty key is seen. §3.6: the member raises the alarm for itself.
  @Test
  void quotaUsedUp_put_isRefusedFirstAndRaisesTheAlarm() {
    served.quotaUsed(ServedStore.QUOTA_BYTES - 256);
    served.commands.apply(AlarmResponse.getDefaultInstance(), 1);

    assertThat(failure(() -> kv.put(PutRequest.getDefaultInstance())))
        .isEqualTo("RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded");

    assertThat(served.commands.proposed())
        .containsExactly(
            LogCommand.newBuilder()
                .setAlarm(
                    AlarmRequest.newBuilder()
                        .setAction(AlarmAction.ACTIVATE)
                        .setAlarm(AlarmType.NOSPACE)
                        .setMemberID(ServedStore.MEMBER.value()))
                .build());
  }

  @Test
  void quotaUsedUp_deleteAndRange_stillPass() {
    served.quotaUsed(2 * ServedStore.QUOTA_BYTES);
    served.commands.apply(DeleteRangeResponse.getDefaultInstance(), 1);

    kv.deleteRange(DeleteRangeRequest.newBuilder().setKey(bytes("a")).build());
    kv.range(range("a").build());

    assertThat(served.commands.proposed()).hasSize(1);
  }

  @Test
  void physicalCompaction_applied_isAnsweredAfterRemoval() {
    served.put("a", "1");
    served.put("a", "2");
    served.compact(3);
    served.commands.apply(CompactionResponse.getDefaultInstance(), 3);

    CompactionResponse response =
        kv.compact(CompactionRequest.newBuilder().setRevision(3).setPhysical(true).build());

    assertThat(response.getHeader()).isEqualTo(header(3));
    assertThat(served.store.durableIndex()).as("removal flushes first").isEqualTo(3);
  }

  @Test
  void physicalCompaction_alreadyCompacted_stillWaitsAndThenFails() {
    served.put("a", "1");
    served.compact(2);
    served.commands.reject(new Rejection.Compacted(new RevisionBounds(2, 2)));

    assertThat(
            failure(
                () ->
                    kv.compact(
                        CompactionRequest.newBuilder().setRevision(2).setPhysical(true).build())))
        .isEqualTo("OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
    assertThat(served.store.durableIndex()).isEqualTo(2);
  }

  private static ResponseHeader header(long revision) {
    return ResponseHeader.newBuilder()
        .setClusterId(ServedStore.CLUSTER)
        .setMemberId(ServedStore.MEMBER.value())
        .setRaftTerm(ServedStore.TERM)
        .setRevision(revision)
        .build();
  }

  private static RangeRequest.Builder range(String key) {
    return RangeRequest.newBuilder().setKey(bytes(key));
  }

  private static RangeRequest.Builder prefix(String key) {
    return range(key).setRangeEnd(bytes(key + "\u007f"));
  }

  private static String failure(Runnable call) {
    Status status = Calls.failureOf(call);
    return status.getCode() + ": " + status.getDescription();
  }
}
