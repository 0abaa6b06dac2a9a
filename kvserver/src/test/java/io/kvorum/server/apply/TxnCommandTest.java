package io.kvorum.server.apply;

import static io.kvorum.server.apply.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.Compare.CompareResult;
import io.kvorum.proto.etcd.Compare.CompareTarget;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.command.Rejection.RevisionBounds;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Transactions as api.md §3.2 has them; cases of §8 are cited by number.
class TxnCommandTest {
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
  void guardHolds_successBranchRuns_inOneRevision() {
    bench.put("a", "1");

    TxnResponse response =
        run(
            TxnRequest.newBuilder()
                .addCompare(created("a", 2))
                .addSuccess(put("b", "x"))
                .addSuccess(put("c", "y"))
                .addFailure(put("d", "z")));

    assertThat(response.getSucceeded()).isTrue();
    assertThat(response.hasHeader()).isFalse();
    assertThat(response.getResponsesCount()).isEqualTo(2);
    assertThat(bench.store.head()).isEqualTo(3);
    assertThat(bench.changes.getLast().changes()).hasSize(2);
    assertThat(bench.keys()).containsExactly("a", "b", "c");
  }

  @Test
  void guardFails_failureBranchRuns_andThatIsNoError() {
    TxnResponse response =
        run(
            TxnRequest.newBuilder()
                .addCompare(created("a", 2))
                .addSuccess(put("b", "x"))
                .addFailure(put("d", "z")));

    assertThat(response.getSucceeded()).isFalse();
    assertThat(bench.keys()).containsExactly("d");
  }

  /// Case 7.
  @Test
  void rangesAroundAPut_seeTheStateOfTheirPlace() {
    bench.put("a", "1");

    TxnResponse response =
        run(
            TxnRequest.newBuilder()
                .addSuccess(range("b", 0))
                .addSuccess(put("b", "x"))
                .addSuccess(range("b", 0)));

    assertThat(response.getResponses(0).getResponseRange().getCount()).isZero();
    assertThat(response.getResponses(0).getResponseRange().getHeader()).isEqualTo(only(2));
    assertThat(response.getResponses(1).getResponsePut().getHeader()).isEqualTo(only(3));
    assertThat(response.getResponses(2).getResponseRange().getKvs(0).getModRevision()).isEqualTo(3);
    assertThat(response.getResponses(2).getResponseRange().getHeader()).isEqualTo(only(3));
  }

  @Test
  void deletes_innerHeaders_areNewOnceSomethingChanged() {
    bench.put("a", "1");

    TxnResponse response =
        run(
            TxnRequest.newBuilder()
                .addSuccess(delete("z"))
                .addSuccess(delete("a"))
                .addSuccess(delete("z")));

    assertThat(response.getResponses(0).getResponseDeleteRange().getHeader()).isEqualTo(only(2));
    assertThat(response.getResponses(1).getResponseDeleteRange().getHeader()).isEqualTo(only(3));
    assertThat(response.getResponses(2).getResponseDeleteRange().getHeader()).isEqualTo(only(3));
  }

  /// Case 6.
  @Test
  void nothingChanged_revisionStays() {
    bench.put("a", "1");

    var applied = bench.applied(txn(TxnRequest.newBuilder().addSuccess(delete("z"))));

    assertThat(applied.revision()).isEqualTo(2);
  }

  @Test
  void nestedGuards_seeTheStateBeforeTheOuterWrites() {
    TxnResponse response =
        run(
            TxnRequest.newBuilder()
                .addSuccess(put("a", "outer"))
                .addSuccess(
                    nested(
                        TxnRequest.newBuilder()
                            .addCompare(created("a", 0))
                            .addSuccess(put("absent", "x"))
                            .addFailure(put("present", "x")))));

    TxnResponse inner = response.getResponses(1).getResponseTxn();
    assertThat(inner.getSucceeded()).isTrue();
    assertThat(inner.hasHeader()).isTrue();
    assertThat(inner.getHeader()).isEqualTo(ResponseHeader.getDefaultInstance());
    assertThat(inner.getResponses(0).getResponsePut().getHeader()).isEqualTo(only(2));
    assertThat(bench.keys()).containsExactly("a", "absent");
    assertThat(bench.store.head()).isEqualTo(2);
  }

  @Test
  void deeplyNested_runs() {
    TxnRequest.Builder txn = TxnRequest.newBuilder().addSuccess(put("deep", "x"));
    for (int level = 0; level < 126; level++) {
      txn = TxnRequest.newBuilder().addSuccess(nested(txn));
    }

    run(txn);

    assertThat(bench.keys()).containsExactly("deep");
  }

  /// Case 8.
  @Test
  void rangeOfACompactedOrFutureRevision_rejectsTheWhole() {
    bench.put("a", "1");
    bench.put("a", "2");
    bench.applied(
        LogCommand.newBuilder().setCompaction(CompactionRequest.newBuilder().setRevision(3)));

    Rejection compacted =
        bench.rejection(
            txn(TxnRequest.newBuilder().addSuccess(put("b", "x")).addSuccess(range("a", 2))));
    Rejection future =
        bench.rejection(
            txn(TxnRequest.newBuilder().addSuccess(put("b", "x")).addSuccess(range("a", 4))));

    assertThat(compacted).isEqualTo(new Rejection.Compacted(new RevisionBounds(2, 3)));
    assertThat(future).isEqualTo(new Rejection.FutureRevision(new RevisionBounds(4, 3)));
    assertThat(bench.keys()).containsExactly("a");
    assertThat(bench.store.head()).isEqualTo(3);
  }

  @Test
  void negativeRevision_isComparedAsItIs() {
    bench.put("a", "1");

    Rejection rejection =
        bench.rejection(
            txn(TxnRequest.newBuilder().addSuccess(put("b", "x")).addSuccess(range("a", -2))));

    assertThat(rejection).isEqualTo(new Rejection.Compacted(new RevisionBounds(-2, -1)));
  }

  @Test
  void explicitRevision_readsThePastBesideOwnWrites() {
    bench.put("a", "1");
    bench.put("a", "2");

    TxnResponse response =
        run(
            TxnRequest.newBuilder()
                .addSuccess(put("a", "3"))
                .addSuccess(range("a", 2))
                .addSuccess(range("a", 3)));

    assertThat(response.getResponses(1).getResponseRange().getKvs(0).getValue())
        .isEqualTo(bytes("1"));
    assertThat(response.getResponses(2).getResponseRange().getKvs(0).getValue())
        .isEqualTo(bytes("2"));
  }

  /// Every read of many pairs is put off, and still sees the state of its place.
  @Test
  void rangesBetweenChanges_readAfterTheCommit_seeTheStateOfTheirPlace() {
    bench.put("a", "1");
    bench.put("b", "2");
    RequestOp all = range("a", "z");
    RequestOp deleteWithPairs =
        RequestOp.newBuilder()
            .setRequestDeleteRange(
                DeleteRangeRequest.newBuilder()
                    .setKey(bytes("a"))
                    .setRangeEnd(bytes("z"))
                    .setPrevKv(true))
            .build();

    TxnResponse response =
        run(
            TxnRequest.newBuilder()
                .addSuccess(all)
                .addSuccess(put("a", "3"))
                .addSuccess(inNest(all))
                .addSuccess(put("c", "4"))
                .addSuccess(deleteWithPairs)
                .addSuccess(all));

    assertThat(pairs(response.getResponses(0).getResponseRange())).containsExactly("a=1", "b=2");
    assertThat(pairs(response.getResponses(2).getResponseTxn().getResponses(0).getResponseRange()))
        .containsExactly("a=3", "b=2");
    assertThat(response.getResponses(4).getResponseDeleteRange().getPrevKvsList())
        .extracting(pair -> pair.getValue().toStringUtf8())
        .containsExactly("3", "2", "4");
    assertThat(response.getResponses(5).getResponseRange().getCount()).isZero();
  }

  private static List<String> pairs(RangeResponse range) {
    return range.getKvsList().stream()
        .map(pair -> pair.getKey().toStringUtf8() + "=" + pair.getValue().toStringUtf8())
        .toList();
  }

  /// Values replaced by a transaction are read late once they are many.
  @Test
  void previousPairs_large_areReadLateAndAnswered() {
    String large = "x".repeat((int) LateReads.MAX_BYTES_AT_ONCE);
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (String key : List.of("a", "b", "c")) {
      bench.put(key, key + large);
      txn.addSuccess(put(PutRequest.newBuilder().setKey(bytes(key)).setPrevKv(true)));
    }

    TxnResponse response = run(txn);

    assertThat(response.getResponsesList())
        .extracting(each -> each.getResponsePut().getPrevKv().getValue().toStringUtf8())
        .containsExactly("a" + large, "b" + large, "c" + large);
  }

  /// Case 9.
  @Test
  void unknownLeaseOrMissingKey_onTheBranchNotTaken_isNeverLookedAt() {
    TxnResponse response =
        run(
            TxnRequest.newBuilder()
                .addSuccess(put("a", "1"))
                .addFailure(put(PutRequest.newBuilder().setKey(bytes("b")).setLease(7)))
                .addFailure(put(PutRequest.newBuilder().setKey(bytes("c")).setIgnoreValue(true))));

    assertThat(response.getSucceeded()).isTrue();
  }

  @Test
  void unknownLeaseOrMissingKey_onTheNestedPath_rejectsTheWhole() {
    TxnRequest.Builder lease =
        TxnRequest.newBuilder()
            .addSuccess(put(PutRequest.newBuilder().setKey(bytes("b")).setLease(7)));
    TxnRequest.Builder kept =
        TxnRequest.newBuilder()
            .addSuccess(put(PutRequest.newBuilder().setKey(bytes("c")).setIgnoreValue(true)));

    assertThat(
            bench.rejection(
                txn(TxnRequest.newBuilder().addSuccess(put("a", "1")).addSuccess(nested(lease)))))
        .isEqualTo(new Rejection.LeaseNotFound(new LeaseId(7)));
    assertThat(
            bench.rejection(
                txn(TxnRequest.newBuilder().addSuccess(put("c", "1")).addSuccess(nested(kept)))))
        .isEqualTo(new Rejection.KeyNotFound());
    assertThat(bench.keys()).isEmpty();
  }

  @Test
  void severalOperationsToRefuse_putsGoBeforeRanges_andKeysBeforeLeases() {
    PutRequest.Builder leased = PutRequest.newBuilder().setKey(bytes("b")).setLease(99);
    RequestOp unknownLease = put(leased);
    RequestOp alsoMissing = put(leased.clone().setIgnoreValue(true));
    RequestOp future = range("b", 31);

    assertThat(rejectionOf(future, unknownLease)).isInstanceOf(Rejection.LeaseNotFound.class);
    assertThat(rejectionOf(inNest(future), inNest(unknownLease)))
        .isInstanceOf(Rejection.LeaseNotFound.class);
    assertThat(rejectionOf(alsoMissing)).isInstanceOf(Rejection.KeyNotFound.class);
    assertThat(rejectionOf(future)).isInstanceOf(Rejection.FutureRevision.class);
  }

  /// Case 11 and the quirk of deletes without an upper bound.
  @Test
  void keyDeletedThenKept_inOneTransaction_doesNotBreak() {
    bench.put("a", "1");

    run(
        TxnRequest.newBuilder()
            .addSuccess(delete("a"))
            .addSuccess(delete("a"))
            .addSuccess(put(PutRequest.newBuilder().setKey(bytes("a")).setIgnoreValue(true))));

    assertThat(bench.get("a").orElseThrow().version()).isEqualTo(1);
    assertThat(bench.get("a").orElseThrow().value()).isEqualTo(bytes(""));
  }

  /// Case 12.
  @Test
  void missingKey_comparedByValue_neverHolds_byCreationZeroItDoes() {
    for (CompareResult result :
        new CompareResult[] {
          CompareResult.EQUAL, CompareResult.NOT_EQUAL, CompareResult.GREATER, CompareResult.LESS
        }) {
      Compare.Builder guard =
          Compare.newBuilder()
              .setKey(bytes("a"))
              .setTarget(CompareTarget.VALUE)
              .setResult(result)
              .setValue(bytes("v"));

      assertThat(holds(guard)).as("%s", result).isFalse();
    }
    assertThat(holds(created("a", 0))).isTrue();
  }

  /// Case 13.
  @Test
  void rangeGuard_oneKeyUnleased_failsForAll() {
    bench.execute(
        LogCommand.newBuilder().setLeaseGrant(LeaseGrantRequest.newBuilder().setID(7).setTTL(60)));
    bench.put("a", "1", 7);
    bench.put("b", "1", 7);
    Compare.Builder leased =
        Compare.newBuilder()
            .setKey(bytes("a"))
            .setRangeEnd(bytes("\0"))
            .setTarget(CompareTarget.LEASE)
            .setResult(CompareResult.GREATER)
            .setLease(0);

    assertThat(holds(leased)).isTrue();
    bench.put("c", "1");

    assertThat(holds(leased)).isFalse();
  }

  @Test
  void rangeGuard_overManyPages_judgesEveryKey() {
    for (int i = 0; i < 300; i++) {
      bench.put("k%03d".formatted(i), "v");
    }
    Compare.Builder firstVersion =
        Compare.newBuilder()
            .setKey(bytes("k"))
            .setRangeEnd(bytes("l"))
            .setTarget(CompareTarget.VERSION)
            .setResult(CompareResult.EQUAL)
            .setVersion(1);

    assertThat(holds(firstVersion)).isTrue();
    bench.put("k299", "again");

    assertThat(holds(firstVersion)).isFalse();
  }

  @Test
  void emptyRangeGuard_isLikeAMissingKey() {
    assertThat(holds(created("a", 0).setRangeEnd(bytes("b")))).isTrue();
    assertThat(holds(created("a", 0).setRangeEnd(bytes("A")))).isTrue();
    assertThat(holds(created("a", 4).setRangeEnd(bytes("b")))).isFalse();
  }

  private boolean holds(Compare.Builder guard) {
    return run(TxnRequest.newBuilder().addCompare(guard)).getSucceeded();
  }

  private TxnResponse run(TxnRequest.Builder txn) {
    return bench.execute(txn(txn), TxnResponse.class);
  }

  private Rejection rejectionOf(RequestOp... operations) {
    return bench.rejection(txn(TxnRequest.newBuilder().addAllSuccess(List.of(operations))));
  }

  private static RequestOp inNest(RequestOp operation) {
    return nested(TxnRequest.newBuilder().addSuccess(operation));
  }

  private static LogCommand.Builder txn(TxnRequest.Builder txn) {
    return LogCommand.newBuilder().setTxn(txn);
  }

  private static Compare.Builder created(String key, long revision) {
    return Compare.newBuilder()
        .setKey(bytes(key))
        .setTarget(CompareTarget.CREATE)
        .setResult(CompareResult.EQUAL)
        .setCreateRevision(revision);
  }

  private static RequestOp put(String key, String value) {
    return put(PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value)));
  }

  private static RequestOp put(PutRequest.Builder put) {
    return RequestOp.newBuilder().setRequestPut(put).build();
  }

  private static RequestOp delete(String key) {
    return RequestOp.newBuilder()
        .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(bytes(key)))
        .build();
  }

  private static RequestOp range(String key, long revision) {
    return RequestOp.newBuilder()
        .setRequestRange(RangeRequest.newBuilder().setKey(bytes(key)).setRevision(revision))
        .build();
  }

  private static RequestOp range(String from, String to) {
    return RequestOp.newBuilder()
        .setRequestRange(RangeRequest.newBuilder().setKey(bytes(from)).setRangeEnd(bytes(to)))
        .build();
  }

  private static RequestOp nested(TxnRequest.Builder txn) {
    return RequestOp.newBuilder().setRequestTxn(txn).build();
  }

  private static ResponseHeader only(long revision) {
    return ResponseHeader.newBuilder().setRevision(revision).build();
  }
}
