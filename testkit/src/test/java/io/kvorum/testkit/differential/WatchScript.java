package io.kvorum.testkit.differential;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchCreateRequest.FilterType;
import java.util.ArrayList;
import java.util.List;

/// Random watchers on a few streams (api.md §3.3).
final class WatchScript {
  private static final int STREAMS = 3;
  private static final int MOST_WATCHERS_PER_STREAM = 7;
  private static final List<Long> CHOSEN_IDS = List.of(2L, 5L, 9L, -3L, Long.MAX_VALUE);
  private static final long NEVER_CREATED = 4_711;
  private static final int UNKNOWN_ENUM_NUMBER = 9;

  private final Dice dice;
  private final ScriptState state;
  private final KvScript kv;

  WatchScript(Dice dice, ScriptState state, KvScript kv) {
    this.dice = dice;
    this.state = state;
    this.kv = kv;
  }

  Command next() {
    int slot = dice.below(STREAMS);
    ScriptState.Stream stream = state.streams().get(slot);
    if (stream == null || dice.oneIn(60)) {
      return new Command.WatchReopen(slot);
    }
    if (stream.halfClosed) {
      return dice.oneIn(8) ? new Command.WatchReopen(slot) : new Command.Put(kv.put());
    }
    if (dice.oneIn(80)) {
      return new Command.WatchHalfClose(slot);
    }
    if (stream.watchers.size() >= MOST_WATCHERS_PER_STREAM || dice.oneIn(3)) {
      return new Command.WatchCancel(slot, cancelled(stream));
    }
    return new Command.WatchCreate(slot, create(stream), state.compacted());
  }

  private long cancelled(ScriptState.Stream stream) {
    return stream.watchers.isEmpty() || dice.oneIn(6)
        ? NEVER_CREATED
        : dice.oneOf(new ArrayList<>(stream.watchers));
  }

  private WatchCreateRequest create(ScriptState.Stream stream) {
    ByteString key = kv.key();
    WatchCreateRequest.Builder create =
        WatchCreateRequest.newBuilder()
            .setKey(key)
            .setRangeEnd(kv.rangeEnd(key))
            .setStartRevision(startRevision())
            .setPrevKv(dice.oneIn(2))
            .setFragment(dice.oneIn(5))
            .setProgressNotify(dice.oneIn(8));
    if (dice.oneIn(4)) {
      create.addFilters(dice.oneOf(List.of(FilterType.NOPUT, FilterType.NODELETE)));
    }
    if (dice.oneIn(16)) {
      create.addFilters(FilterType.NOPUT).addFilters(FilterType.NODELETE);
    }
    if (dice.oneIn(16)) {
      create.addFiltersValue(UNKNOWN_ENUM_NUMBER);
    }
    if (dice.oneIn(4)) {
      create.setWatchId(
          stream.watchers.isEmpty() || dice.oneIn(2)
              ? dice.oneOf(CHOSEN_IDS)
              : dice.oneOf(new ArrayList<>(stream.watchers)));
    }
    return create.build();
  }

  private long startRevision() {
    return switch (dice.below(12)) {
      case 0, 1, 2 -> Math.max(1, state.head() - dice.below(40));
      case 3, 4 -> Math.max(1, state.compacted() - 2 + dice.below(4));
      case 5 -> 1;
      case 6 -> state.head() + 1;
      case 7 -> state.head() + dice.below(40);
      case 8 -> dice.oneIn(8) ? Long.MAX_VALUE : dice.oneIn(8) ? -1 : 0;
      default -> 0;
    };
  }
}
