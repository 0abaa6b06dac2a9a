package io.kvorum.server.grpc;

import com.google.protobuf.MessageLite;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.server.command.ApplyResult.LateRead;
import io.kvorum.server.command.LateFilling;
import io.kvorum.server.grpc.RangeSizing.RangeAnswer;
import io.kvorum.server.grpc.RangeSizing.SizedRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/// Completes the answers of applied commands whose pairs were too many to be read at once
/// ([LateRead]): they are read from the past on the threads `range-n`, with their memory reserved.
///
/// The command has taken effect whatever happens here: a compaction may overtake the read, or there
/// may be no memory for it.
final class LateAnswers {
  /// The pairs exist once, and once more in the transport's buffers.
  private static final int COPIES = 2;

  private final PinnedReads reads;

  LateAnswers(PinnedReads reads) {
    this.reads = reads;
  }

  /// Answers the call with what `fill` makes of the found pairs.
  <M extends MessageLite> void answer(
      List<LateRead> late, Reply<Answer<M>> reply, Function<LateFilling, M> fill) {
    reply.tookEffect();
    reads.answer(reply, pinned -> sized(pinned, late, reply, fill));
  }

  private static <M extends MessageLite> SizedRead<M> sized(
      ReadTxn pinned, List<LateRead> late, Reply<?> reply, Function<LateFilling, M> fill) {
    Map<Integer, SizedRange> ranges = new HashMap<>();
    long bytes = 0;
    for (LateRead read : late) {
      SizedRange range =
          new RangeSizing(pinned.before(read.end()), read.query(), reply::isCancelled).size();
      ranges.put(read.operation(), range);
      bytes += range.bytes();
    }
    Supplier<Answer<M>> make =
        () -> new Answer.Whole<>(fill.apply(new LateFilling(results(ranges))));
    return bytes <= RangeSizing.SMALL_ANSWER_BYTES
        ? new SizedRead<>(0, make)
        : new SizedRead<>(COPIES * bytes, make);
  }

  private static Map<Integer, RangeResult> results(Map<Integer, SizedRange> ranges) {
    Map<Integer, RangeResult> results = new HashMap<>();
    ranges.forEach((operation, range) -> results.put(operation, result(range.answer().get())));
    return results;
  }

  private static RangeResult result(RangeAnswer answer) {
    List<KeyValue> all = new ArrayList<>();
    Supplier<List<KeyValue>> pairs = answer.pairs().nextPairs();
    for (List<KeyValue> some = pairs.get(); !some.isEmpty(); some = pairs.get()) {
      all.addAll(some);
    }
    return new RangeResult(all, answer.more(), answer.count());
  }
}
