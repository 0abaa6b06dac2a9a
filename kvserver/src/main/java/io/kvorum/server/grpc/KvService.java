package io.kvorum.server.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.CompactionResponse;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RangeStreamResponse;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.LateFilling;
import java.util.Optional;
import java.util.function.BiFunction;

/// Keys and values (etcd API: KV, `api.md` §3.1, §3.2). Each method checks its request and hands it
/// on: writes to [Writes], reads to [KvReads], when they are linearizable.
///
/// Bound by hand, because answers with many pairs may be [LargeAnswer]s.
public final class KvService implements BindableService {
  private static final MethodDescriptor<RangeRequest, Answer<RangeResponse>> RANGE =
      withLargeAnswers(KVGrpc.getRangeMethod());
  private static final MethodDescriptor<PutRequest, Answer<PutResponse>> PUT =
      withLargeAnswers(KVGrpc.getPutMethod());
  private static final MethodDescriptor<DeleteRangeRequest, Answer<DeleteRangeResponse>>
      DELETE_RANGE = withLargeAnswers(KVGrpc.getDeleteRangeMethod());
  private static final MethodDescriptor<TxnRequest, Answer<TxnResponse>> TXN =
      withLargeAnswers(KVGrpc.getTxnMethod());

  private final RequestChecks checks;
  private final Writes writes;
  private final KvReads reads;
  private final Compactions compactions;

  /// @param maxTxnOperations see [RequestChecks]
  public KvService(int maxTxnOperations, Writes writes, KvReads reads, Compactions compactions) {
    this.checks = new RequestChecks(maxTxnOperations);
    this.writes = writes;
    this.reads = reads;
    this.compactions = compactions;
  }

  @Override
  public ServerServiceDefinition bindService() {
    ServiceDescriptor generated = KVGrpc.getServiceDescriptor();
    ServiceDescriptor descriptor =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor())
            .addMethod(RANGE)
            .addMethod(KVGrpc.getRangeStreamMethod())
            .addMethod(PUT)
            .addMethod(DELETE_RANGE)
            .addMethod(TXN)
            .addMethod(KVGrpc.getCompactMethod())
            .build();
    return ServerServiceDefinition.builder(descriptor)
        .addMethod(RANGE, ServerCalls.asyncUnaryCall(this::range))
        .addMethod(
            KVGrpc.getRangeStreamMethod(), ServerCalls.asyncServerStreamingCall(this::rangeStream))
        .addMethod(PUT, ServerCalls.asyncUnaryCall(this::put))
        .addMethod(DELETE_RANGE, ServerCalls.asyncUnaryCall(this::deleteRange))
        .addMethod(TXN, ServerCalls.asyncUnaryCall(this::txn))
        .addMethod(KVGrpc.getCompactMethod(), ServerCalls.asyncUnaryCall(this::compact))
        .build();
  }

  private static <Q, A> MethodDescriptor<Q, Answer<A>> withLargeAnswers(
      MethodDescriptor<Q, A> method) {
    return method.toBuilder(
            method.getRequestMarshaller(), new AnswerMarshaller<>(method.getResponseMarshaller()))
        .build();
  }

  private void range(RangeRequest request, StreamObserver<Answer<RangeResponse>> observer) {
    Reply<Answer<RangeResponse>> reply = Reply.to(observer);
    if (passes(checks.check(request), reply)) {
      reads.range(request, reply);
    }
  }

  private void rangeStream(RangeRequest request, StreamObserver<RangeStreamResponse> observer) {
    Optional<RequestFlaw> flaw = checks.checkStream(request);
    if (flaw.isPresent()) {
      observer.onError(GrpcErrors.statusOf(flaw.get()).asRuntimeException());
      return;
    }
    reads.rangeStream(request, (ServerCallStreamObserver<RangeStreamResponse>) observer);
  }

  private void put(PutRequest request, StreamObserver<Answer<PutResponse>> observer) {
    Reply<Answer<PutResponse>> reply = Reply.to(observer);
    long cost = QuotaCost.of(request);
    if (writes.haveRoomFor(cost, reply) && passes(checks.check(request), reply)) {
      writes.proposeThen(
          LogCommand.newBuilder().setPut(request),
          cost,
          reply,
          (applied, header) -> {
            PutResponse response =
                ((PutResponse) applied.response()).toBuilder().setHeader(header).build();
            answer(applied, response, reply, LateFilling::into);
          });
    }
  }

  private void deleteRange(
      DeleteRangeRequest request, StreamObserver<Answer<DeleteRangeResponse>> observer) {
    Reply<Answer<DeleteRangeResponse>> reply = Reply.to(observer);
    if (passes(checks.check(request), reply)) {
      writes.proposeThen(
          LogCommand.newBuilder().setDeleteRange(request),
          0,
          reply,
          (applied, header) -> {
            DeleteRangeResponse response =
                ((DeleteRangeResponse) applied.response()).toBuilder().setHeader(header).build();
            answer(applied, response, reply, LateFilling::into);
          });
    }
  }

  private void txn(TxnRequest request, StreamObserver<Answer<TxnResponse>> observer) {
    Reply<Answer<TxnResponse>> reply = Reply.to(observer);
    long cost = QuotaCost.of(request);
    if (!writes.haveRoomFor(cost, reply) || !passes(checks.check(request), reply)) {
      return;
    }
    if (TxnReads.isReadOnly(request)) {
      reads.txn(request, reply);
      return;
    }
    writes.proposeThen(
        LogCommand.newBuilder().setTxn(request),
        cost,
        reply,
        (applied, header) -> {
          TxnResponse response =
              ((TxnResponse) applied.response()).toBuilder().setHeader(header).build();
          answer(applied, response, reply, LateFilling::into);
        });
  }

  /// Answers a write, at once unless pairs are still to be read into its response.
  private <M extends MessageLite> void answer(
      ApplyResult.Applied applied,
      M response,
      Reply<Answer<M>> reply,
      BiFunction<LateFilling, M, M> fill) {
    if (applied.late().isEmpty()) {
      reply.send(new Answer.Whole<>(response));
    } else {
      reads.answerLate(applied.late(), reply, filling -> fill.apply(filling, response));
    }
  }

  private void compact(CompactionRequest request, StreamObserver<CompactionResponse> observer) {
    compactions.compact(request, Reply.to(observer));
  }

  private static boolean passes(Optional<RequestFlaw> flaw, Reply<?> reply) {
    flaw.ifPresent(found -> reply.fail(GrpcErrors.statusOf(found)));
    return flaw.isEmpty();
  }
}
