package io.kvorum.server.grpc;

import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.Projection;
import io.kvorum.mvcc.RangeCursor;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.ReadPoint;
import io.kvorum.mvcc.SortOrder;
import io.kvorum.mvcc.SortTarget;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Finds out how large the pairs of one range answer are, on one pinned state, by a pass over the
/// range that keeps at most [#SMALL_ANSWER_BYTES] of them.
///
/// @param gone whether the client has gone, asked now and then
record RangeSizing(ReadPoint pinned, RangeQuery query, BooleanSupplier gone) {
  /// Answers up to this size are made at once, without a reservation.
  static final int SMALL_ANSWER_BYTES = 256 << 10;

  private static final int CHUNK_ROWS = 512;

  /// A range answer of known size.
  ///
  /// @param bytes memory that making and sending its pairs takes at most
  /// @param answer makes it; beyond [#SMALL_ANSWER_BYTES] not before the memory is reserved
  record SizedRange(long bytes, Supplier<RangeAnswer> answer) {}

  /// The pairs of an answer with what follows them.
  record RangeAnswer(AnswerPart.Pairs pairs, boolean more, long count) {}

  SizedRange size() {
    if (query.projection() == Projection.COUNT_ONLY || query.range().isSingleKey()) {
      return made(pinned.range(query));
    }
    return query.isInKeyOrder() ? sizeInKeyOrder() : sizeSorted();
  }

  private SizedRange sizeInKeyOrder() {
    RangeCursor cursor = pinned.cursor(query);
    List<KeyValue> kept = new ArrayList<>();
    long rows = 0;
    long bytes = 0;
    while (!cursor.isExhausted()) {
      for (KeyValue pair : next(cursor)) {
        rows++;
        bytes += PairSizes.inRangeResponse(pair);
        if (bytes <= SMALL_ANSWER_BYTES) {
          kept.add(pair);
        }
      }
    }
    boolean more = cursor.more();
    boolean counted = !more && !query.isFiltered();
    if (bytes <= SMALL_ANSWER_BYTES) {
      return made(new RangeResult(kept, more, counted ? rows : pinned.count(query.range())));
    }
    long count = counted ? rows : cursor.count();
    kept.clear();
    long size = bytes;
    return new SizedRange(
        size,
        () -> {
          RangeCursor again = pinned.cursor(query);
          return new RangeAnswer(new AnswerPart.Pairs(size, () -> next(again)), more, count);
        });
  }

  /// An order other than by key needs all its pairs in memory before the first can be sent, and
  /// then once more in the transport's buffers.
  private SizedRange sizeSorted() {
    long bound = sortedBytesBound();
    return bound <= SMALL_ANSWER_BYTES
        ? made(pinned.range(query))
        : new SizedRange(2 * bound, () -> whole(pinned.range(query)));
  }

  /// The most that the answer can take: its `limit` largest pairs.
  private long sortedBytesBound() {
    RangeCursor cursor =
        pinned.cursor(
            query
                .withLimit(0)
                .withProjection(Projection.FULL)
                .sorted(SortTarget.KEY, SortOrder.NONE));
    PriorityQueue<Integer> largest = new PriorityQueue<>();
    long bytes = 0;
    while (!cursor.isExhausted()) {
      for (KeyValue pair : next(cursor)) {
        int size = PairSizes.inRangeResponse(pair);
        bytes += size;
        if (query.limit() > 0) {
          largest.add(size);
          if (largest.size() > query.limit()) {
            bytes -= largest.remove();
          }
        }
      }
    }
    return bytes;
  }

  private List<KeyValue> next(RangeCursor cursor) {
    if (gone.getAsBoolean()) {
      throw new CallGone();
    }
    return cursor.next(CHUNK_ROWS, SMALL_ANSWER_BYTES);
  }

  private static SizedRange made(RangeResult result) {
    RangeAnswer answer = whole(result);
    return new SizedRange(answer.pairs().sizeBytes(), () -> answer);
  }

  private static RangeAnswer whole(RangeResult result) {
    long bytes = result.kvs().stream().mapToLong(PairSizes::inRangeResponse).sum();
    Iterator<List<KeyValue>> once = List.of(result.kvs(), List.<KeyValue>of()).iterator();
    return new RangeAnswer(new AnswerPart.Pairs(bytes, once::next), result.more(), result.count());
  }
}
