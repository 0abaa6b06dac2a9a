package io.kvorum.server.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.stub.ServerCallStreamObserver;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RangeStreamResponse;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.server.command.ApplyResult.LateRead;
import io.kvorum.server.command.LateFilling;
import io.kvorum.server.grpc.RangeStreams.RangeStreamLimits;
import io.kvorum.server.transport.EventLoops;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// The reads of [KvService]: from the local state at once if the request is serializable, else once
/// they are confirmed.
public final class KvReads {
  private final ConfirmedReads confirmed;
  private final RangeReads ranges;
  private final TxnReads transactions;
  private final LateAnswers lateAnswers;
  private final RangeStreams streams;
  private final EventLoops loops;

  /// Where reads get their data, threads and memory.
  ///
  /// @param threads the threads `range-n`
  /// @param maxRequestBytes largest request; sets the size of the chunks of range streams
  public record ReadResources(
      MvccStore store, Executor threads, ReadBudget budget, int maxRequestBytes) {}

  public KvReads(
      ConfirmedReads confirmed,
      ResponseHeaders headers,
      EventLoops loops,
      ReadResources resources) {
    PinnedReads pinned =
        new PinnedReads(resources.store(), resources.threads(), resources.budget());
    this.confirmed = confirmed;
    this.ranges = new RangeReads(pinned, headers);
    this.transactions = new TxnReads(pinned, headers);
    this.lateAnswers = new LateAnswers(pinned);
    this.streams =
        new RangeStreams(
            resources.store(),
            resources.threads(),
            headers,
            RangeStreamLimits.of(resources.budget().budgetBytes(), resources.maxRequestBytes()));
    this.loops = loops;
  }

  void range(RangeRequest request, Reply<Answer<RangeResponse>> reply) {
    if (request.getSerializable()) {
      ranges.answer(request, reply);
    } else {
      confirmed.whenConfirmed(reply, () -> ranges.answer(request, reply));
    }
  }

  void txn(TxnRequest request, Reply<Answer<TxnResponse>> reply) {
    if (TxnReads.isSerializable(request)) {
      transactions.answer(request, reply);
    } else {
      confirmed.whenConfirmed(reply, () -> transactions.answer(request, reply));
    }
  }

  /// Answers a command that was applied with `fill`, once its late reads are done.
  <M extends MessageLite> void answerLate(
      List<LateRead> late, Reply<Answer<M>> reply, Function<LateFilling, M> fill) {
    lateAnswers.answer(late, reply, fill);
  }

  void rangeStream(RangeRequest request, ServerCallStreamObserver<RangeStreamResponse> call) {
    RangeStream stream = streams.open(request, call, loops.current());
    if (request.getSerializable()) {
      stream.start();
    } else {
      confirmed.whenConfirmed(stream::start, stream::fail);
    }
  }
}
