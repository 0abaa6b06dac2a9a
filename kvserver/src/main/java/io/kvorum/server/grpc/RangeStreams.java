package io.kvorum.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeStreamResponse;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/// The open range streams. Each costs at most [ChunkSizes#maxChunkBytes] and a value, also if its
/// client never reads; so their number is bounded.
final class RangeStreams {
  private final MvccStore store;
  private final Executor threads;
  private final ResponseHeaders headers;
  private final RangeStreamLimits limits;
  private final AtomicInteger open = new AtomicInteger();

  /// Bounds of range streams.
  ///
  /// @param maxOpen streams at one time; the next is refused
  /// @param targetChunkBytes size that chunks approach
  record RangeStreamLimits(int maxOpen, int targetChunkBytes) {
    private static final int MIN_OPEN = 16;

    /// As many streams as fit `budgetBytes`, in chunks of half the largest request, as in etcd.
    static RangeStreamLimits of(long budgetBytes, int maxRequestBytes) {
      long fitting = budgetBytes / (2L * maxRequestBytes);
      return new RangeStreamLimits(
          Math.clamp(fitting, MIN_OPEN, Integer.MAX_VALUE), maxRequestBytes / 2);
    }
  }

  RangeStreams(
      MvccStore store, Executor threads, ResponseHeaders headers, RangeStreamLimits limits) {
    this.store = store;
    this.threads = threads;
    this.headers = headers;
    this.limits = limits;
  }

  /// A stream for a call that has just begun; the caller starts it when the read may run.
  RangeStream open(
      RangeRequest request, ServerCallStreamObserver<RangeStreamResponse> call, Executor loop) {
    return new RangeStream(request, call, loop, this);
  }

  MvccStore store() {
    return store;
  }

  ResponseHeaders headers() {
    return headers;
  }

  ChunkSizes newChunkSizes() {
    return new ChunkSizes(limits.targetChunkBytes());
  }

  /// Takes one of the places; false if all are taken.
  boolean enter() {
    if (open.incrementAndGet() <= limits.maxOpen()) {
      return true;
    }
    open.decrementAndGet();
    return false;
  }

  void leave() {
    open.decrementAndGet();
  }

  int openCount() {
    return open.get();
  }

  /// Runs a read on the threads `range-n`; false if they are too busy.
  boolean execute(Runnable read) {
    try {
      threads.execute(read);
      return true;
    } catch (RejectedExecutionException _) {
      return false;
    }
  }
}
