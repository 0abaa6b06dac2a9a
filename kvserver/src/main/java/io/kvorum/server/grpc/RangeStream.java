package io.kvorum.server.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.Projection;
import io.kvorum.mvcc.RangeCursor;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.mvcc.RevisionRefused;
import io.kvorum.mvcc.SortOrder;
import io.kvorum.mvcc.SortTarget;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RangeStreamResponse;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.server.command.ApiPairs;
import io.kvorum.server.command.RangeQueries;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/// One range stream (etcd API: KV.RangeStream, `api.md` §3.1): the answer to a range request in
/// chunks, all at the revision of the first.
///
/// ```
///   start ──▶ reading (thread range-n) ──chunk──▶ sending (event loop) ──last chunk──▶ done
///                 ▲                                   │
///                 └────────── client is ready ────────┘
/// ```
///
/// There is one chunk at a time, and the next is read only when the client takes more. The read
/// ahead holds no snapshot, so a compaction may pass the stream by; it then ends with `compacted`.
///
/// Owned by the event loop of the call; `reading` hands `cursor` and `sizes` to one thread at a
/// time.
final class RangeStream {
  private final RangeRequest request;
  private final RangeQuery query;
  private final ServerCallStreamObserver<RangeStreamResponse> call;
  private final Executor loop;
  private final RangeStreams streams;
  private final ChunkSizes sizes;

  private Optional<Position> position = Optional.empty();
  private boolean entered;
  private boolean reading;
  private boolean ended;

  /// Where the stream is, and what its last chunk will say.
  private record Position(RangeCursor cursor, ResponseHeader header, long count) {}

  /// What a read found: the next message, and the place after it.
  private record Chunk(RangeStreamResponse message, boolean last, Optional<Position> after) {}

  RangeStream(
      RangeRequest request,
      ServerCallStreamObserver<RangeStreamResponse> call,
      Executor loop,
      RangeStreams streams) {
    this.request = request;
    this.query = RangeQueries.of(request);
    this.call = call;
    this.loop = loop;
    this.streams = streams;
    this.sizes = streams.newChunkSizes();
    call.setOnCancelHandler(this::end);
    call.setOnReadyHandler(this::readNext);
  }

  /// Begins to send, from the newest state. Event loop.
  void start() {
    if (ended) {
      return;
    }
    entered = streams.enter();
    if (entered) {
      readNext();
    } else {
      fail(GrpcErrors.TOO_MANY_REQUESTS);
    }
  }

  void fail(Status status) {
    if (!ended) {
      end();
      call.onError(status.asRuntimeException());
    }
  }

  private void readNext() {
    if (!entered || ended || reading || !call.isReady()) {
      return;
    }
    reading = true;
    if (!streams.execute(this::read)) {
      fail(GrpcErrors.TOO_MANY_REQUESTS);
    }
  }

  /// Thread `range-n`.
  private void read() {
    try {
      Chunk chunk = position.isPresent() ? nextChunk(position.get()) : firstChunk();
      loop.execute(() -> send(chunk));
    } catch (RevisionRefused refused) {
      loop.execute(() -> fail(GrpcErrors.statusOf(refused)));
    }
  }

  private Chunk firstChunk() {
    try (ReadTxn pinned = streams.store().read()) {
      ResponseHeader header = streams.headers().at(pinned.head());
      long revision = request.getRevision() > 0 ? request.getRevision() : pinned.head();
      if (query.projection() == Projection.COUNT_ONLY) {
        return last(RangeReads.response(header, pinned.range(query, revision)));
      }
      RangeQuery inKeyOrder = query.sorted(SortTarget.KEY, SortOrder.NONE);
      RangeCursor cursor = pinned.cursor(inKeyOrder, revision);
      List<KeyValue> pairs = cursor.next(sizes.nextKeys(), sizes.maxChunkBytes());
      if (cursor.isExhausted()) {
        return last(RangeReads.response(header, pinned.range(query, revision)));
      }
      Position start = new Position(cursor, header, cursor.count());
      return chunk(start, pairs);
    }
  }

  private Chunk nextChunk(Position at) {
    return chunk(at, at.cursor.next(sizes.nextKeys(), sizes.maxChunkBytes()));
  }

  private Chunk chunk(Position at, List<KeyValue> pairs) {
    if (at.cursor.isExhausted()) {
      return last(
          RangeReads.response(at.header, new RangeResult(pairs, at.cursor.more(), at.count)));
    }
    RangeResponse.Builder part = RangeResponse.newBuilder();
    pairs.forEach(pair -> part.addKvs(ApiPairs.of(pair)));
    RangeStreamResponse message = RangeStreamResponse.newBuilder().setRangeResponse(part).build();
    sizes.chunkWas(message.getSerializedSize());
    return new Chunk(message, false, Optional.of(at));
  }

  private static Chunk last(RangeResponse response) {
    return new Chunk(
        RangeStreamResponse.newBuilder().setRangeResponse(response).build(),
        true,
        Optional.empty());
  }

  private void send(Chunk chunk) {
    reading = false;
    if (ended) {
      return;
    }
    position = chunk.after;
    call.onNext(chunk.message);
    if (chunk.last) {
      end();
      call.onCompleted();
    } else {
      readNext();
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      if (entered) {
        streams.leave();
      }
    }
  }
}
