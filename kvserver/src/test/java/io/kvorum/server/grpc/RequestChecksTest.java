package io.kvorum.server.grpc;

import static io.kvorum.server.grpc.TxnRequests.bytes;
import static io.kvorum.server.grpc.TxnRequests.copies;
import static io.kvorum.server.grpc.TxnRequests.nest;
import static io.kvorum.server.grpc.TxnRequests.nested;
import static io.kvorum.server.grpc.TxnRequests.put;
import static io.kvorum.server.grpc.TxnRequests.range;
import static io.kvorum.server.grpc.TxnRequests.txn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortOrder;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// `api.md` §3.1, §3.2, §4.1 step 7; numbers in the cases are those of `api.md` §8.
class RequestChecksTest {
  private static final int MAX_TXN_OPERATIONS = 128;
  private static final RequestOp NO_OPERATION = RequestOp.getDefaultInstance();
  private static final Compare COMPARE = Compare.newBuilder().setKey(bytes("c")).build();

  private final RequestChecks checks = new RequestChecks(MAX_TXN_OPERATIONS);

  static Stream<Arguments> ranges() {
    return Stream.of(
        arguments("empty key", RangeRequest.newBuilder(), RequestFlaw.EMPTY_KEY),
        arguments(
            "empty key and bad sort: key first",
            RangeRequest.newBuilder().setSortOrderValue(200),
            RequestFlaw.EMPTY_KEY),
        arguments(
            "72: sort_order 200", keyed().setSortOrderValue(200), RequestFlaw.INVALID_SORT_OPTION),
        arguments(
            "72: sort_target 100",
            keyed().setSortTargetValue(100),
            RequestFlaw.INVALID_SORT_OPTION),
        arguments("sort order -1", keyed().setSortOrderValue(-1), RequestFlaw.INVALID_SORT_OPTION));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ranges")
  void rangeWithFlaw_checked_namesIt(String name, RangeRequest.Builder range, RequestFlaw flaw) {
    assertThat(checks.check(range.build())).contains(flaw);
    assertThat(checks.checkStream(range.build())).contains(flaw);
    assertThat(checks.check(txn(RequestOp.newBuilder().setRequestRange(range).build())))
        .contains(flaw);
  }

  @Test
  void rangeOfEverySortOption_checked_passes() {
    for (SortOrder order : List.of(SortOrder.NONE, SortOrder.ASCEND, SortOrder.DESCEND)) {
      for (SortTarget target : List.of(SortTarget.KEY, SortTarget.VERSION, SortTarget.VALUE)) {
        RangeRequest request = keyed().setSortOrder(order).setSortTarget(target).build();

        assertThat(checks.check(request)).isEmpty();
      }
    }
  }

  static Stream<Arguments> streams() {
    return Stream.of(
        arguments(keyed(), Optional.empty()),
        arguments(keyed().setSortOrder(SortOrder.ASCEND), Optional.empty()),
        arguments(keyed().setSortTarget(SortTarget.MOD), Optional.empty()),
        arguments(
            keyed().setSortOrder(SortOrder.ASCEND).setSortTarget(SortTarget.MOD),
            Optional.of(RequestFlaw.STREAM_WITH_SORT_ORDER)),
        arguments(
            keyed().setSortOrder(SortOrder.DESCEND),
            Optional.of(RequestFlaw.STREAM_WITH_SORT_ORDER)),
        arguments(
            keyed().setMinModRevision(-1), Optional.of(RequestFlaw.STREAM_WITH_REVISION_FILTER)),
        arguments(
            keyed().setMaxModRevision(4), Optional.of(RequestFlaw.STREAM_WITH_REVISION_FILTER)),
        arguments(
            keyed().setMinCreateRevision(5), Optional.of(RequestFlaw.STREAM_WITH_REVISION_FILTER)),
        arguments(
            keyed().setMaxCreateRevision(6), Optional.of(RequestFlaw.STREAM_WITH_REVISION_FILTER)));
  }

  @ParameterizedTest
  @MethodSource("streams")
  void rangeStream_checked_takesKeyOrderWithoutFiltersOnly(
      RangeRequest.Builder range, Optional<RequestFlaw> expected) {
    assertThat(checks.checkStream(range.build())).isEqualTo(expected);
  }

  static Stream<Arguments> puts() {
    PutRequest.Builder keyed = PutRequest.newBuilder().setKey(bytes("k"));
    return Stream.of(
        arguments(PutRequest.newBuilder(), Optional.of(RequestFlaw.EMPTY_KEY)),
        arguments(
            PutRequest.newBuilder().setValue(bytes("v")).setIgnoreValue(true),
            Optional.of(RequestFlaw.EMPTY_KEY)),
        arguments(
            keyed.clone().setIgnoreValue(true).setValue(bytes("v")),
            Optional.of(RequestFlaw.VALUE_PROVIDED)),
        arguments(
            keyed.clone().setIgnoreLease(true).setLease(7),
            Optional.of(RequestFlaw.LEASE_PROVIDED)),
        arguments(
            keyed
                .clone()
                .setIgnoreValue(true)
                .setValue(bytes("v"))
                .setIgnoreLease(true)
                .setLease(7),
            Optional.of(RequestFlaw.VALUE_PROVIDED)),
        arguments(keyed.clone().setIgnoreValue(true).setLease(7), Optional.empty()),
        arguments(keyed.clone().setIgnoreLease(true).setValue(bytes("v")), Optional.empty()),
        arguments(keyed.clone(), Optional.empty()));
  }

  @ParameterizedTest
  @MethodSource("puts")
  void put_checked_namesTheFirstFlaw(PutRequest.Builder put, Optional<RequestFlaw> expected) {
    assertThat(checks.check(put.build())).isEqualTo(expected);
    assertThat(checks.check(txn(RequestOp.newBuilder().setRequestPut(put).build())))
        .isEqualTo(expected);
  }

  @Test
  void deleteWithoutKey_checked_isRefused() {
    DeleteRangeRequest request = DeleteRangeRequest.newBuilder().setRangeEnd(bytes("z")).build();

    assertThat(checks.check(request)).contains(RequestFlaw.EMPTY_KEY);
    assertThat(checks.check(txn(RequestOp.newBuilder().setRequestDeleteRange(request).build())))
        .contains(RequestFlaw.EMPTY_KEY);
  }

  static Stream<Arguments> transactions() {
    return Stream.of(
        arguments("empty", TxnRequest.getDefaultInstance(), Optional.empty()),
        arguments(
            "10: 129 guards",
            TxnRequest.newBuilder().addAllCompare(guards(129)).build(),
            Optional.of(RequestFlaw.TOO_MANY_OPERATIONS)),
        arguments(
            "10: 129 success operations",
            txn(copies(129, range("r")), List.of()),
            Optional.of(RequestFlaw.TOO_MANY_OPERATIONS)),
        arguments(
            "10: 129 failure operations",
            txn(List.of(), copies(129, range("r"))),
            Optional.of(RequestFlaw.TOO_MANY_OPERATIONS)),
        arguments(
            "128 of each",
            TxnRequest.newBuilder()
                .addAllCompare(guards(128))
                .addAllSuccess(copies(128, range("r")))
                .addAllFailure(copies(128, range("r")))
                .build(),
            Optional.empty()),
        arguments(
            "too many comes before empty keys",
            txn(copies(129, put("")), List.of()),
            Optional.of(RequestFlaw.TOO_MANY_OPERATIONS)),
        arguments(
            "guard keys come before operations",
            TxnRequest.newBuilder()
                .addCompare(Compare.getDefaultInstance())
                .addSuccess(NO_OPERATION)
                .build(),
            Optional.of(RequestFlaw.EMPTY_KEY)),
        arguments(
            "70: operation without a member",
            txn(NO_OPERATION, put("")),
            Optional.of(RequestFlaw.NO_OPERATION)),
        arguments(
            "operations come before the duplicate rule, failure branch too",
            txn(List.of(put("a"), put("a")), List.of(put(""))),
            Optional.of(RequestFlaw.EMPTY_KEY)),
        arguments(
            "11: put twice",
            txn(List.of(), List.of(put("a"), put("a"))),
            Optional.of(RequestFlaw.DUPLICATE_KEY)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("transactions")
  void transaction_checked_namesTheFirstFlaw(
      String name, TxnRequest transaction, Optional<RequestFlaw> expected) {
    assertThat(checks.check(transaction)).isEqualTo(expected);
  }

  @Test
  void nestedLevels_eachOfOneOperation_passUpTo127() {
    assertThat(checks.check(nest(127, put("deep")))).isEmpty();
    assertThat(checks.check(nest(128, put("deep")))).contains(RequestFlaw.TOO_MANY_OPERATIONS);
  }

  @Test
  void nestedTransaction_afterItsParentsLongestList_hasTheRestOfTheBudget() {
    TxnRequest fits = txn(nested(txn(copies(125, range("r")), List.of())), range("a"), range("b"));
    TxnRequest doesNot =
        txn(nested(txn(copies(126, range("r")), List.of())), range("a"), range("b"));

    assertThat(checks.check(fits)).isEmpty();
    assertThat(checks.check(doesNot)).contains(RequestFlaw.TOO_MANY_OPERATIONS);
  }

  @Test
  void nestedEmptyTransaction_budgetUsedUp_passes() {
    assertThat(checks.check(nest(127, nested()))).isEmpty();
  }

  @Test
  void largerOperationBudget_deepNest_isStillBounded() {
    RequestChecks generous = new RequestChecks(100_000);

    assertThat(generous.check(nest(128, put("deep")))).isEmpty();
    assertThat(generous.check(nest(129, put("deep")))).contains(RequestFlaw.TOO_MANY_OPERATIONS);
    assertThat(generous.check(txn(copies(100_000, range("r")), List.of()))).isEmpty();
  }

  private static RangeRequest.Builder keyed() {
    return RangeRequest.newBuilder().setKey(bytes("k"));
  }

  private static List<Compare> guards(int count) {
    return Collections.nCopies(count, COMPARE);
  }
}
