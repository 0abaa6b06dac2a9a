package io.kvorum.testkit.differential;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortOrder;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import java.util.List;

/// Random requests on keys with every option of the API (api.md §3.1).
final class KvScript {
  private static final int UNKNOWN_ENUM_NUMBER = 9;

  private final Dice dice;
  private final ScriptState state;
  private final LeaseScript leases;

  KvScript(Dice dice, ScriptState state, LeaseScript leases) {
    this.dice = dice;
    this.state = state;
    this.leases = leases;
  }

  ByteString key() {
    return dice.oneIn(150) ? ByteString.EMPTY : dice.oneOf(Keys.ALL);
  }

  /// The end of a range from this key: a single key, an open end, a prefix, any other key, and ends
  /// that make the range empty.
  ByteString rangeEnd(ByteString key) {
    return switch (dice.below(10)) {
      case 0, 1, 2 -> ByteString.EMPTY;
      case 3, 4 -> Keys.ZERO;
      case 5 -> Keys.prefixEnd(key);
      case 6 -> key;
      default -> dice.oneOf(Keys.ALL);
    };
  }

  ByteString value() {
    return dice.oneIn(3)
        ? ByteString.copyFromUtf8("v" + dice.below(1000))
        : dice.oneOf(Keys.VALUES);
  }

  /// A revision around something interesting.
  long revision() {
    return switch (dice.below(12)) {
      case 0, 1, 2 -> state.head() - dice.below(12);
      case 3 -> state.head() + 1 + dice.below(3);
      case 4, 5 -> state.compacted() - 1 + dice.below(4);
      case 6 -> -dice.between(1, 4);
      case 7 -> dice.oneIn(4) ? Long.MAX_VALUE : state.head();
      case 8 -> dice.oneIn(4) ? Long.MIN_VALUE : state.head() - 1;
      default -> dice.between(0, state.head() + 1);
    };
  }

  RangeRequest range() {
    RangeRequest.Builder range = plainRange();
    if (dice.oneIn(3)) {
      SortOrder order = dice.oneOf(List.of(SortOrder.NONE, SortOrder.ASCEND, SortOrder.DESCEND));
      range.setSortOrder(order).setSortTargetValue(dice.below(SortTarget.VALUE_VALUE + 1));
    }
    if (dice.oneIn(150)) {
      range.setSortTargetValue(UNKNOWN_ENUM_NUMBER);
    } else if (dice.oneIn(150)) {
      range.setSortOrderValue(UNKNOWN_ENUM_NUMBER);
    }
    if (dice.oneIn(4)) {
      addFilters(range);
    }
    return range.build();
  }

  /// A range in key order without filters, such as a RangeStream takes.
  RangeRequest streamedRange() {
    RangeRequest.Builder range = plainRange();
    if (dice.oneIn(4)) {
      range.setSortOrder(SortOrder.ASCEND);
    }
    return range.build();
  }

  private RangeRequest.Builder plainRange() {
    ByteString key = key();
    RangeRequest.Builder range = RangeRequest.newBuilder().setKey(key).setRangeEnd(rangeEnd(key));
    if (dice.oneIn(3)) {
      range.setLimit(dice.oneIn(8) ? -dice.between(1, 5) : dice.below(8));
    }
    if (dice.oneIn(3)) {
      range.setRevision(revision());
    }
    return range
        .setSerializable(dice.oneIn(3))
        .setKeysOnly(dice.oneIn(6))
        .setCountOnly(dice.oneIn(8));
  }

  private void addFilters(RangeRequest.Builder range) {
    if (dice.oneIn(2)) {
      range.setMinModRevision(filter());
    }
    if (dice.oneIn(3)) {
      range.setMaxModRevision(filter());
    }
    if (dice.oneIn(3)) {
      range.setMinCreateRevision(filter());
    }
    if (dice.oneIn(3)) {
      range.setMaxCreateRevision(filter());
    }
  }

  private long filter() {
    return dice.oneIn(8) ? -dice.between(1, 4) : state.head() - dice.below(25);
  }

  PutRequest put() {
    return put(key());
  }

  PutRequest put(ByteString key) {
    PutRequest.Builder put = PutRequest.newBuilder().setKey(key).setPrevKv(dice.oneIn(3));
    boolean ignoreValue = dice.oneIn(12);
    boolean ignoreLease = dice.oneIn(12);
    if (!ignoreValue || dice.oneIn(8)) {
      put.setValue(value());
    }
    if (dice.oneIn(4) && (!ignoreLease || dice.oneIn(4))) {
      put.setLease(leases.attached());
    }
    return put.setIgnoreValue(ignoreValue).setIgnoreLease(ignoreLease).build();
  }

  DeleteRangeRequest deleteRange() {
    ByteString key = key();
    return DeleteRangeRequest.newBuilder()
        .setKey(key)
        .setRangeEnd(rangeEnd(key))
        .setPrevKv(dice.oneIn(2))
        .build();
  }

  CompactionRequest compaction() {
    long revision =
        switch (dice.below(8)) {
          case 0 -> state.compacted();
          case 1 -> state.head() + 1 + dice.below(3);
          case 2 -> -dice.between(1, 4);
          case 3 -> 0;
          case 4 -> state.head();
          default -> state.head() - dice.below(60);
        };
    return CompactionRequest.newBuilder().setRevision(revision).setPhysical(dice.oneIn(3)).build();
  }

  /// A value too large for the log, or even for the transport (api.md §4.2).
  PutRequest tooLarge() {
    return PutRequest.newBuilder()
        .setKey(dice.oneOf(Keys.ALL))
        .setValue(ByteString.copyFrom(new byte[dice.oneIn(2) ? 1_600_000 : 2_200_000]))
        .build();
  }
}
