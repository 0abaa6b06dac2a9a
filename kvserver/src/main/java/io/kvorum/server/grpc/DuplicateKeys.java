package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/// The rule that one transaction must not change a key twice (`api.md` §3.2).
///
/// Within one list of operations, with everything nested below it:
/// - two puts of one key conflict, unless one is in the success and the other in the failure branch
///   of the same nested transaction, of which only one runs;
/// - a put and a delete that covers its key conflict if either stands in the list itself; if both
///   are nested in different operations, only if the delete comes first;
/// - deletes never conflict with each other.
///
/// The two branches of the whole transaction are judged separately. A delete from a key on without
/// end covers all keys from there on (etcd overlooks these).
///
/// One list is judged by the footprints of its nested lists, and footprints are merged from the
/// smaller into the larger, so the cost is O(n log² n) for n operations, however they are nested.
final class DuplicateKeys {

  /// Keys put and keys deleted by one list, nested operations included.
  private record Footprint(NavigableSet<ByteString> puts, KeySpans deletes) {
    static Footprint empty() {
      return new Footprint(
          new TreeSet<>(ByteString.unsignedLexicographicalComparator()), new KeySpans());
    }
  }

  private DuplicateKeys() {}

  /// Tells whether the transaction breaks the rule. Its depth must have been checked before
  /// ([RequestChecks#MAX_TXN_LEVELS] bounds the recursion).
  static boolean in(TxnRequest transaction) {
    return footprint(transaction.getSuccessList()).isEmpty()
        || footprint(transaction.getFailureList()).isEmpty();
  }

  /// The footprint of one list, or nothing if there is a conflict in it.
  private static Optional<Footprint> footprint(List<RequestOp> operations) {
    Footprint whole = Footprint.empty();
    for (RequestOp operation : operations) {
      if (operation.hasRequestDeleteRange()) {
        DeleteRangeRequest delete = operation.getRequestDeleteRange();
        whole.deletes.add(delete.getKey(), delete.getRangeEnd());
      }
    }
    for (RequestOp operation : operations) {
      if (operation.hasRequestTxn()) {
        Optional<Footprint> joined = withNested(whole, operation.getRequestTxn());
        if (joined.isEmpty()) {
          return Optional.empty();
        }
        whole = joined.get();
      }
    }
    for (RequestOp operation : operations) {
      if (operation.hasRequestPut()) {
        ByteString key = operation.getRequestPut().getKey();
        if (whole.deletes.contains(key) || !whole.puts.add(key)) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(whole);
  }

  private static Optional<Footprint> withNested(Footprint before, TxnRequest nested) {
    Optional<Footprint> success = footprint(nested.getSuccessList());
    Optional<Footprint> failure = footprint(nested.getFailureList());
    if (success.isEmpty()
        || failure.isEmpty()
        || conflict(before, success.get())
        || conflict(before, failure.get())) {
      return Optional.empty();
    }
    return Optional.of(union(before, union(success.get(), failure.get())));
  }

  /// Tells whether puts of a nested branch collide with the list's own deletes or with what earlier
  /// nested transactions put or delete.
  private static boolean conflict(Footprint before, Footprint branch) {
    return before.deletes.containsAnyOf(branch.puts) || haveCommonKey(before.puts, branch.puts);
  }

  private static boolean haveCommonKey(NavigableSet<ByteString> a, NavigableSet<ByteString> b) {
    return a.size() <= b.size()
        ? a.stream().anyMatch(b::contains)
        : b.stream().anyMatch(a::contains);
  }

  /// Merges two footprints; the larger part of each is changed and used again.
  private static Footprint union(Footprint a, Footprint b) {
    return new Footprint(
        a.puts.size() >= b.puts.size() ? merged(a.puts, b.puts) : merged(b.puts, a.puts),
        a.deletes.spanCount() >= b.deletes.spanCount()
            ? merged(a.deletes, b.deletes)
            : merged(b.deletes, a.deletes));
  }

  private static NavigableSet<ByteString> merged(
      NavigableSet<ByteString> larger, NavigableSet<ByteString> smaller) {
    larger.addAll(smaller);
    return larger;
  }

  private static KeySpans merged(KeySpans larger, KeySpans smaller) {
    larger.addAll(smaller);
    return larger;
  }
}
