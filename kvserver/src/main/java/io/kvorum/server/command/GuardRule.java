package io.kvorum.server.command;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.Compare.CompareTarget;

/// What a guard of a transaction says about one pair (etcd API: Compare). Pure: members evaluate it
/// while applying, and the services for transactions that only read.
public final class GuardRule {
  private GuardRule() {}

  /// Whether the stored pair satisfies the guard. A given value of another kind than the target
  /// counts as 0 or empty, an unknown target as equal, and an unknown operator holds.
  public static boolean holds(Compare guard, KeyValue stored) {
    int order =
        switch (guard.getTarget()) {
          case VERSION -> Long.compare(stored.version(), guard.getVersion());
          case CREATE -> Long.compare(stored.createRevision(), guard.getCreateRevision());
          case MOD -> Long.compare(stored.modRevision(), guard.getModRevision());
          case LEASE -> Long.compare(stored.lease(), guard.getLease());
          case VALUE ->
              ByteString.unsignedLexicographicalComparator()
                  .compare(stored.value(), guard.getValue());
          case UNRECOGNIZED -> 0;
        };
    return holds(guard, order);
  }

  /// Whether the guard holds where there is no pair: all its numbers count as 0, but no value
  /// compares, not even as different.
  public static boolean holdsForMissing(Compare guard) {
    return guard.getTarget() != CompareTarget.VALUE
        && holds(guard, new KeyValue(guard.getKey(), ByteString.EMPTY, 0, 0, 0, 0));
  }

  private static boolean holds(Compare guard, int order) {
    return switch (guard.getResult()) {
      case EQUAL -> order == 0;
      case GREATER -> order > 0;
      case LESS -> order < 0;
      case NOT_EQUAL -> order != 0;
      case UNRECOGNIZED -> true;
    };
  }
}
