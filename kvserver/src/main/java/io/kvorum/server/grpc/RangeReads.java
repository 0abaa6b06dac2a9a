package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.Projection;
import io.kvorum.mvcc.RangeCursor;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.mvcc.RevisionRefused;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.server.command.ApiPairs;
import io.kvorum.server.command.RangeQueries;
import io.kvorum.server.grpc.RangeSizing.RangeAnswer;
import io.kvorum.server.grpc.RangeSizing.SizedRange;
import java.util.List;
import java.util.Optional;

/// Executes unary range reads: what is surely short at once on the event loop, because a hand-over
/// would cost more than the read; everything else on the threads `range-n`.
final class RangeReads {
  private static final int INLINE_ROWS = 64;
  private static final long INLINE_BYTES = 64 << 10;

  private final PinnedReads reads;
  private final ResponseHeaders headers;

  RangeReads(PinnedReads reads, ResponseHeaders headers) {
    this.reads = reads;
    this.headers = headers;
  }

  /// Answers a checked request on the newest state. Event loop.
  void answer(RangeRequest request, Reply<Answer<RangeResponse>> reply) {
    RangeQuery query = RangeQueries.of(request);
    try {
      Optional<RangeResponse> quick = quick(query, request.getRevision());
      if (quick.isPresent()) {
        reply.send(new Answer.Whole<>(quick.get()));
        return;
      }
    } catch (RevisionRefused refused) {
      reply.fail(GrpcErrors.statusOf(refused));
      return;
    }
    reads.answer(reply, pinned -> sized(pinned, query, request.getRevision(), reply));
  }

  /// The answer, if it is one key or the first few rows without a count of further ones.
  private Optional<RangeResponse> quick(RangeQuery query, long revision) {
    try (ReadTxn pinned = reads.pin()) {
      if (query.range().isSingleKey() || query.range().isEmpty()) {
        return Optional.of(response(headers.at(pinned.head()), pinned.range(query, revision)));
      }
      if (revision > 0
          || query.projection() == Projection.COUNT_ONLY
          || query.isFiltered()
          || !query.isInKeyOrder()) {
        return Optional.empty();
      }
      RangeCursor cursor = pinned.at(revision).cursor(query);
      List<KeyValue> pairs = cursor.next(INLINE_ROWS, INLINE_BYTES);
      if (!cursor.isExhausted() || cursor.more()) {
        return Optional.empty();
      }
      return Optional.of(
          response(headers.at(pinned.head()), new RangeResult(pairs, false, pairs.size())));
    }
  }

  private SizedRead<RangeResponse> sized(
      ReadTxn pinned, RangeQuery query, long revision, Reply<?> reply) {
    SizedRange range = new RangeSizing(pinned.at(revision), query, reply::isCancelled).size();
    ResponseHeader header = headers.at(pinned.head());
    if (range.bytes() <= RangeSizing.SMALL_ANSWER_BYTES) {
      return SizedRead.small(response(header, range.answer().get()));
    }
    return new SizedRead<>(
        range.bytes(),
        () -> new Answer.Large<>(new LargeAnswer(parts(header, range.answer().get()))));
  }

  static RangeResponse response(ResponseHeader header, RangeResult result) {
    return ApiPairs.answer(result).setHeader(header).build();
  }

  static RangeResponse response(ResponseHeader header, RangeAnswer answer) {
    return response(
        header, new RangeResult(answer.pairs().nextPairs().get(), answer.more(), answer.count()));
  }

  /// The answer as the bytes of a `RangeResponse`, fields in order.
  static List<AnswerPart> parts(ResponseHeader header, RangeAnswer answer) {
    ByteString head = RangeResponse.newBuilder().setHeader(header).build().toByteString();
    ByteString tail =
        RangeResponse.newBuilder()
            .setMore(answer.more())
            .setCount(answer.count())
            .build()
            .toByteString();
    return List.of(new AnswerPart.Fixed(head), answer.pairs(), new AnswerPart.Fixed(tail));
  }
}
