package io.kvorum.testkit.differential;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.Compare.CompareResult;
import io.kvorum.proto.etcd.Compare.CompareTarget;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/// Random transactions: guards of every kind, nests up to four deep, too many operations, keys
/// changed twice (api.md §3.2).
///
/// One transaction holds either puts or deletes without an end, never both: etcd 3.4.23 can be
/// killed by their meeting, for good (api-3.4-differences.md §1). The one exception is a
/// transaction of its own kind, for which [ExpectedDifferences] has a row.
final class TxnScript {
  private static final int DEEPEST = 4;
  private static final int UNKNOWN_ENUM_NUMBER = 9;

  private final Dice dice;
  private final ScriptState state;
  private final KvScript kv;
  private final LeaseScript leases;
  private final Deque<ByteString> freshKeys = new ArrayDeque<>();
  private boolean endlessDeletes;

  TxnScript(Dice dice, ScriptState state, KvScript kv, LeaseScript leases) {
    this.dice = dice;
    this.state = state;
    this.kv = kv;
    this.leases = leases;
  }

  TxnRequest next() {
    endlessDeletes = dice.oneIn(10);
    List<ByteString> shuffled = new ArrayList<>(Keys.ALL);
    Collections.shuffle(shuffled, new Random(dice.between(0, Long.MAX_VALUE)));
    freshKeys.clear();
    freshKeys.addAll(shuffled);
    return switch (dice.below(40)) {
      case 0 -> manyOperations(dice.oneIn(2) ? 128 : 129);
      case 1 -> chain(dice.below(40));
      case 2 -> TxnRequest.getDefaultInstance();
      case 3 -> putUnderEndlessDelete();
      case 4, 5, 6, 7 -> readOnly();
      default -> nested(dice.below(DEEPEST + 1));
    };
  }

  private TxnRequest nested(int depth) {
    TxnRequest.Builder txn = guards();
    for (int i = dice.below(4); i > 0; i--) {
      txn.addSuccess(operation(depth));
    }
    for (int i = dice.below(3); i > 0; i--) {
      txn.addFailure(operation(depth));
    }
    return txn.build();
  }

  private TxnRequest readOnly() {
    TxnRequest.Builder txn = guards();
    for (int i = dice.below(4); i > 0; i--) {
      txn.addSuccess(RequestOp.newBuilder().setRequestRange(kv.range()));
    }
    for (int i = dice.below(3); i > 0; i--) {
      txn.addFailure(RequestOp.newBuilder().setRequestRange(kv.range()));
    }
    return txn.build();
  }

  /// Exactly at, or one above the limit, at the top or as the sum of two levels.
  private TxnRequest manyOperations(int count) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    int inside = dice.oneIn(2) ? 0 : dice.below(count - 1) + 1;
    RequestOp range = RequestOp.newBuilder().setRequestRange(kv.streamedRange()).build();
    for (int i = inside == 0 ? 0 : 1; i < count - inside; i++) {
      txn.addSuccess(range);
    }
    if (inside > 0) {
      TxnRequest.Builder inner = TxnRequest.newBuilder();
      for (int i = 0; i < inside; i++) {
        inner.addSuccess(range);
      }
      txn.addSuccess(RequestOp.newBuilder().setRequestTxn(inner));
    }
    return txn.build();
  }

  /// The deadly meeting, for the newer server alone.
  private TxnRequest putUnderEndlessDelete() {
    ByteString key = dice.oneOf(Keys.ALL);
    RequestOp delete =
        RequestOp.newBuilder()
            .setRequestDeleteRange(
                DeleteRangeRequest.newBuilder().setKey(key).setRangeEnd(Keys.ZERO))
            .build();
    PutRequest put = PutRequest.newBuilder().setKey(key).setIgnoreValue(dice.oneIn(2)).build();
    return TxnRequest.newBuilder()
        .addSuccess(delete)
        .addSuccess(RequestOp.newBuilder().setRequestPut(put))
        .build();
  }

  /// A transaction in a transaction in a transaction, with a put innermost.
  private TxnRequest chain(int levels) {
    TxnRequest inner =
        TxnRequest.newBuilder()
            .addSuccess(RequestOp.newBuilder().setRequestPut(kv.put(dice.oneOf(Keys.ALL))))
            .build();
    for (int i = 0; i < levels; i++) {
      inner =
          TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestTxn(inner)).build();
    }
    return inner;
  }

  private RequestOp operation(int depth) {
    if (dice.oneIn(200)) {
      return RequestOp.getDefaultInstance();
    }
    if (depth > 0 && dice.oneIn(3)) {
      return RequestOp.newBuilder().setRequestTxn(nested(depth - 1)).build();
    }
    return switch (dice.below(5)) {
      case 0, 1 -> RequestOp.newBuilder().setRequestRange(rangeInside()).build();
      case 2 -> RequestOp.newBuilder().setRequestDeleteRange(deleteInside()).build();
      default ->
          endlessDeletes
              ? RequestOp.newBuilder().setRequestRange(rangeInside()).build()
              : RequestOp.newBuilder().setRequestPut(putInside()).build();
    };
  }

  /// Mostly readable: an explicit revision out of bounds refuses the whole transaction.
  private RangeRequest rangeInside() {
    RangeRequest range = kv.range();
    return range.getRevision() != 0 && !dice.oneIn(4)
        ? range.toBuilder().clearRevision().build()
        : range;
  }

  private PutRequest putInside() {
    if (freshKeys.isEmpty() || dice.oneIn(25)) {
      return kv.put();
    }
    return kv.put(freshKeys.removeFirst());
  }

  private DeleteRangeRequest deleteInside() {
    if (endlessDeletes) {
      return DeleteRangeRequest.newBuilder()
          .setKey(dice.oneOf(Keys.ALL))
          .setRangeEnd(Keys.ZERO)
          .setPrevKv(dice.oneIn(2))
          .build();
    }
    if (freshKeys.isEmpty() || dice.oneIn(12)) {
      DeleteRangeRequest delete = kv.deleteRange();
      return delete.getRangeEnd().equals(Keys.ZERO)
          ? delete.toBuilder().clearRangeEnd().build()
          : delete;
    }
    return DeleteRangeRequest.newBuilder()
        .setKey(freshKeys.removeFirst())
        .setPrevKv(dice.oneIn(2))
        .build();
  }

  private TxnRequest.Builder guards() {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    int count = dice.oneIn(2) ? 0 : 1 + dice.below(3);
    for (int i = 0; i < count; i++) {
      txn.addCompare(guard());
    }
    return txn;
  }

  private Compare guard() {
    ByteString key = kv.key();
    Compare.Builder guard = Compare.newBuilder().setKey(key);
    if (dice.oneIn(3)) {
      guard.setRangeEnd(kv.rangeEnd(key));
    }
    guard.setTargetValue(
        dice.oneIn(40) ? UNKNOWN_ENUM_NUMBER : dice.below(CompareTarget.LEASE_VALUE + 1));
    guard.setResultValue(
        dice.oneIn(40) ? UNKNOWN_ENUM_NUMBER : dice.below(CompareResult.NOT_EQUAL_VALUE + 1));
    setOperand(guard, dice.oneIn(20) ? dice.below(6) : guard.getTargetValue());
    if (leases.ids() == LeaseScript.Ids.BY_SERVER
        && guard.getTarget() == CompareTarget.LEASE
        && guard.getResult() != CompareResult.NOT_EQUAL) {
      guard.setResult(CompareResult.EQUAL); // the order of ids that servers choose is arbitrary
    }
    return guard.build();
  }

  /// Mostly the operand that belongs to the target, else another one, or none.
  private void setOperand(Compare.Builder guard, int target) {
    switch (target) {
      case CompareTarget.VERSION_VALUE -> guard.setVersion(dice.below(4));
      case CompareTarget.CREATE_VALUE -> guard.setCreateRevision(nearRevision());
      case CompareTarget.MOD_VALUE -> guard.setModRevision(nearRevision());
      case CompareTarget.VALUE_VALUE -> guard.setValue(dice.oneOf(Keys.VALUES));
      case CompareTarget.LEASE_VALUE -> guard.setLease(dice.oneIn(3) ? 0 : leases.attached());
      default -> {} // no operand at all
    }
  }

  private long nearRevision() {
    return dice.oneIn(3) ? 0 : state.head() - dice.below(20);
  }
}
