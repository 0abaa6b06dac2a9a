package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.RangeCursor;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.ResponseOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.server.command.GuardRule;
import io.kvorum.server.command.RangeQueries;
import io.kvorum.server.grpc.RangeSizing.RangeAnswer;
import io.kvorum.server.grpc.RangeSizing.SizedRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/// Executes transactions that only read, on one pinned state and without the log (`api.md` §3.2).
final class TxnReads {
  private static final int GUARD_CHUNK_ROWS = 256;
  private static final long GUARD_CHUNK_BYTES = 256 << 10;

  private final PinnedReads reads;
  private final ResponseHeaders headers;

  TxnReads(PinnedReads reads, ResponseHeaders headers) {
    this.reads = reads;
    this.headers = headers;
  }

  /// Whether nothing in either branch can write: every operation is a range.
  static boolean isReadOnly(TxnRequest request) {
    return request.getSuccessList().stream().allMatch(RequestOp::hasRequestRange)
        && request.getFailureList().stream().allMatch(RequestOp::hasRequestRange);
  }

  /// Whether a read-only transaction may be served from the local state: all its ranges say so. One
  /// without any operation counts as such, as in etcd.
  static boolean isSerializable(TxnRequest request) {
    return request.getSuccessList().stream().allMatch(TxnReads::isSerializable)
        && request.getFailureList().stream().allMatch(TxnReads::isSerializable);
  }

  private static boolean isSerializable(RequestOp operation) {
    return operation.getRequestRange().getSerializable();
  }

  /// Answers a checked, read-only request on the newest state. Event loop.
  void answer(TxnRequest request, Reply<Answer<TxnResponse>> reply) {
    reads.answer(reply, pinned -> sized(pinned, request, reply));
  }

  private SizedRead<TxnResponse> sized(ReadTxn pinned, TxnRequest request, Reply<?> reply) {
    boolean succeeded = request.getCompareList().stream().allMatch(guard -> holds(guard, pinned));
    List<RequestOp> operations = succeeded ? request.getSuccessList() : request.getFailureList();
    List<SizedRange> ranges = new ArrayList<>(operations.size());
    long bytes = 0;
    for (RequestOp operation : operations) {
      SizedRange range = sized(pinned, operation.getRequestRange(), reply);
      ranges.add(range);
      bytes += range.bytes();
    }
    Outcome outcome =
        new Outcome(
            headers.at(pinned.head()),
            ResponseHeader.newBuilder().setRevision(pinned.head()).build(),
            succeeded);
    if (bytes <= RangeSizing.SMALL_ANSWER_BYTES) {
      return SizedRead.small(response(outcome, ranges));
    }
    return new SizedRead<>(
        bytes, () -> new Answer.Large<>(new LargeAnswer(parts(outcome, ranges))));
  }

  /// A negative revision is compared with the compacted one as it is, unlike in a plain range.
  private static SizedRange sized(ReadTxn pinned, RangeRequest request, Reply<?> reply) {
    if (request.getRevision() < 0 && request.getRevision() < pinned.compacted()) {
      throw new ReadRefused(GrpcErrors.COMPACTED);
    }
    return new RangeSizing(
            pinned.at(request.getRevision()), RangeQueries.of(request), reply::isCancelled)
        .size();
  }

  /// Every key in the guard's range must satisfy it; an empty range is like a missing key.
  private static boolean holds(Compare guard, ReadTxn pinned) {
    KeyRange range = KeyRange.of(guard.getKey(), guard.getRangeEnd());
    RangeCursor cursor = pinned.at(0).cursor(RangeQuery.all(range));
    boolean empty = true;
    while (!cursor.isExhausted()) {
      for (KeyValue pair : cursor.next(GUARD_CHUNK_ROWS, GUARD_CHUNK_BYTES)) {
        empty = false;
        if (!GuardRule.holds(guard, pair)) {
          return false;
        }
      }
    }
    return !empty || GuardRule.holdsForMissing(guard);
  }

  /// What all parts of one answer share. Inner headers carry only the revision.
  private record Outcome(ResponseHeader header, ResponseHeader inner, boolean succeeded) {
    TxnResponse.Builder response() {
      return TxnResponse.newBuilder().setHeader(header).setSucceeded(succeeded);
    }
  }

  private static TxnResponse response(Outcome outcome, List<SizedRange> ranges) {
    TxnResponse.Builder response = outcome.response();
    for (SizedRange range : ranges) {
      response.addResponses(
          ResponseOp.newBuilder()
              .setResponseRange(RangeReads.response(outcome.inner, range.answer().get())));
    }
    return response.build();
  }

  private static List<AnswerPart> parts(Outcome outcome, List<SizedRange> ranges) {
    List<AnswerPart> parts = new ArrayList<>();
    parts.add(new AnswerPart.Fixed(outcome.response().build().toByteString()));
    for (SizedRange range : ranges) {
      RangeAnswer answer = range.answer().get();
      List<AnswerPart> rangeParts = RangeReads.parts(outcome.inner, answer);
      parts.add(new AnswerPart.Fixed(operationFrame(rangeParts)));
      parts.addAll(rangeParts);
    }
    return parts;
  }

  /// Tags and lengths of the `ResponseOp` and the `RangeResponse` around these parts.
  private static ByteString operationFrame(List<AnswerPart> rangeParts) {
    int range = Math.toIntExact(rangeParts.stream().mapToLong(AnswerPart::sizeBytes).sum());
    int operation =
        CodedOutputStream.computeTagSize(ResponseOp.RESPONSE_RANGE_FIELD_NUMBER)
            + CodedOutputStream.computeUInt32SizeNoTag(range)
            + range;
    ByteString.Output frame = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(frame);
    try {
      out.writeTag(TxnResponse.RESPONSES_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt32NoTag(operation);
      out.writeTag(ResponseOp.RESPONSE_RANGE_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt32NoTag(range);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return frame.toByteString();
  }
}
