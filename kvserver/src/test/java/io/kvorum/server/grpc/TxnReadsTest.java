package io.kvorum.server.grpc;

import static io.kvorum.server.grpc.TxnRequests.bytes;
import static io.kvorum.server.grpc.TxnRequests.nested;
import static io.kvorum.server.grpc.TxnRequests.put;
import static io.kvorum.server.grpc.TxnRequests.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.Compare.CompareResult;
import io.kvorum.proto.etcd.Compare.CompareTarget;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.KVGrpc.KVBlockingStub;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.server.read.ReadFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// `api.md` §3.2: transactions that only read do not go through the log.
class TxnReadsTest {
  @TempDir Path directory;
  private ServedStore served;
  private KVBlockingStub kv;

  /// Revision 2 to 4: `a` twice, the second time with lease 7; then `b` without one.
  @BeforeEach
  void serve() throws Exception {
    served = ServedStore.in(directory.resolve("db"));
    kv = KVGrpc.newBlockingStub(served.channel());
    served.put("a", "1");
    served.write(txn -> txn.put(bytes("a"), bytes("2"), 7));
    served.put("b", "x");
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void readOnlyTransaction_served_isConfirmedAndNotLogged() {
    TxnResponse response =
        kv.txn(TxnRequest.newBuilder().addSuccess(range("a")).addSuccess(range("none")).build());

    assertThat(served.commands.proposed()).isEmpty();
    assertThat(served.confirmations).hasValue(1);
    assertThat(response.getSucceeded()).isTrue();
    assertThat(response.getHeader()).isEqualTo(served.headers.at(4));
    RangeResponse inner = response.getResponses(0).getResponseRange();
    assertThat(inner.getHeader()).isEqualTo(ResponseHeader.newBuilder().setRevision(4).build());
    assertThat(inner.getKvs(0).getValue()).isEqualTo(bytes("2"));
    assertThat(response.getResponses(1).getResponseRange().getCount()).isZero();
  }

  @Test
  void readOnlyTransaction_notConfirmed_fails() {
    served.failReads(ReadFailure.TIMED_OUT);

    assertThat(
            Calls.failureOf(() -> kv.txn(TxnRequest.newBuilder().addFailure(range("a")).build()))
                .getDescription())
        .isEqualTo("etcdserver: request timed out");
  }

  @Test
  void allRangesSerializable_served_needNoConfirmation() {
    served.failReads(ReadFailure.TIMED_OUT);
    RequestOp local =
        RequestOp.newBuilder()
            .setRequestRange(RangeRequest.newBuilder().setKey(bytes("a")).setSerializable(true))
            .build();

    TxnResponse response = kv.txn(TxnRequest.newBuilder().addSuccess(local).build());

    assertThat(response.getResponses(0).getResponseRange().getCount()).isEqualTo(1);
    assertThat(
            Calls.failureOf(
                    () ->
                        kv.txn(
                            TxnRequest.newBuilder()
                                .addSuccess(local)
                                .addFailure(range("a"))
                                .build()))
                .getDescription())
        .as("a linearizable range in the branch not taken counts")
        .isEqualTo("etcdserver: request timed out");
  }

  /// Quirk: no operation at all counts as serializable.
  @Test
  void transactionWithoutOperations_served_evaluatesItsGuardsLocally() {
    served.failReads(ReadFailure.TIMED_OUT);

    TxnResponse response =
        kv.txn(TxnRequest.newBuilder().addCompare(version("a", CompareResult.EQUAL, 1)).build());

    assertThat(response.getSucceeded()).isFalse();
    assertThat(response.getResponsesList()).isEmpty();
    assertThat(response.getHeader()).isEqualTo(served.headers.at(4));
  }

  @Test
  void guardsFail_served_takesTheOtherBranch() {
    TxnResponse response =
        kv.txn(
            TxnRequest.newBuilder()
                .addCompare(version("a", CompareResult.EQUAL, 2))
                .addCompare(version("b", CompareResult.GREATER, 1))
                .addSuccess(range("a"))
                .addFailure(range("b"))
                .build());

    assertThat(response.getSucceeded()).isFalse();
    assertThat(response.getResponses(0).getResponseRange().getKvs(0).getKey())
        .isEqualTo(bytes("b"));
  }

  @Test
  void writesOrNestedTransactions_sent_goThroughTheLog() {
    served.commands.apply(TxnResponse.newBuilder().setSucceeded(true).build(), 5);

    TxnResponse response = kv.txn(TxnRequest.newBuilder().addFailure(put("a")).build());
    kv.txn(TxnRequest.newBuilder().addSuccess(nested(range("a"))).build());

    assertThat(served.commands.proposed()).hasSize(2);
    assertThat(response.getHeader()).isEqualTo(served.headers.at(5));
  }

  /// Negative revisions are compared as they are; only operations of the branch taken are checked.
  @Test
  void explicitRevisions_served_areCheckedOnTheBranchTaken() {
    served.compact(3);

    assertThat(failureAt(2)).isEqualTo("etcdserver: mvcc: required revision has been compacted");
    assertThat(failureAt(-1)).isEqualTo("etcdserver: mvcc: required revision has been compacted");
    assertThat(failureAt(5)).isEqualTo("etcdserver: mvcc: required revision is a future revision");
    TxnResponse response =
        kv.txn(TxnRequest.newBuilder().addSuccess(at(3)).addFailure(at(99)).build());
    assertThat(response.getResponses(0).getResponseRange().getKvs(0).getValue())
        .isEqualTo(bytes("2"));
  }

  @Test
  void neverCompacted_revisionMinusOne_isTheNewest() {
    TxnResponse response = kv.txn(TxnRequest.newBuilder().addSuccess(at(-1)).build());

    assertThat(response.getResponses(0).getResponseRange().getCount()).isEqualTo(1);
    assertThat(failureAt(-2)).isEqualTo("etcdserver: mvcc: required revision has been compacted");
  }

  static Stream<Arguments> guards() {
    Compare.Builder a = Compare.newBuilder().setKey(bytes("a"));
    Compare.Builder none = Compare.newBuilder().setKey(bytes("none"));
    ByteString all = TxnRequests.ZERO;
    return Stream.of(
        arguments("mod", a.clone().setTarget(CompareTarget.MOD).setModRevision(3), true),
        arguments("create", a.clone().setTarget(CompareTarget.CREATE).setCreateRevision(2), true),
        arguments("lease", a.clone().setTarget(CompareTarget.LEASE).setLease(7), true),
        arguments("value", a.clone().setTarget(CompareTarget.VALUE).setValue(bytes("2")), true),
        arguments(
            "value greater",
            a.clone()
                .setTarget(CompareTarget.VALUE)
                .setValue(bytes("10"))
                .setResult(CompareResult.GREATER),
            true),
        arguments(
            "value of another kind counts as 0",
            a.clone().setTarget(CompareTarget.MOD).setVersion(3),
            false),
        arguments("unknown target is equal", a.clone().setTargetValue(99), true),
        arguments("unknown result holds", a.clone().setVersion(77).setResultValue(99), true),
        arguments("case 12: absent, create 0", none.clone().setTarget(CompareTarget.CREATE), true),
        arguments(
            "case 12: absent, value differs",
            none.clone().setTarget(CompareTarget.VALUE).setResult(CompareResult.NOT_EQUAL),
            false),
        arguments(
            "case 13: one key without lease",
            a.clone()
                .setRangeEnd(all)
                .setTarget(CompareTarget.LEASE)
                .setLease(0)
                .setResult(CompareResult.GREATER),
            false),
        arguments(
            "range: all satisfy",
            a.clone()
                .setRangeEnd(all)
                .setTarget(CompareTarget.MOD)
                .setModRevision(2)
                .setResult(CompareResult.GREATER),
            true),
        arguments(
            "empty range is like a missing key",
            none.clone().setRangeEnd(bytes("none2")).setTarget(CompareTarget.VERSION),
            true));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("guards")
  void guard_evaluated_followsTheTable(String name, Compare.Builder guard, boolean holds) {
    TxnRequest request =
        TxnRequest.newBuilder()
            .addAllCompare(List.of(guard.build()))
            .addSuccess(range("a"))
            .build();

    assertThat(kv.txn(request).getSucceeded()).isEqualTo(holds);
  }

  private String failureAt(long revision) {
    TxnRequest request = TxnRequest.newBuilder().addSuccess(at(revision)).build();
    return String.valueOf(Calls.failureOf(() -> kv.txn(request)).getDescription());
  }

  private static RequestOp at(long revision) {
    return RequestOp.newBuilder()
        .setRequestRange(RangeRequest.newBuilder().setKey(bytes("a")).setRevision(revision))
        .build();
  }

  private static Compare version(String key, CompareResult result, long version) {
    return Compare.newBuilder()
        .setKey(bytes(key))
        .setTarget(CompareTarget.VERSION)
        .setResult(result)
        .setVersion(version)
        .build();
  }
}
