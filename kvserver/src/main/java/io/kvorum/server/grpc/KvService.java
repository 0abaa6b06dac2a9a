package io.kvorum.server.grpc;

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
import java.util.Optional;

/// Keys and values (etcd API: KV, `api.md` §3.1, §3.2). Each method checks its request and hands it
/// on: writes to [Writes], reads to [KvReads], when they are linearizable.
///
/// Bound by hand, because the answers of `Range` and `Txn` may be [LargeAnswer]s.
public final class KvService implements BindableService {
  private static final MethodDescriptor<RangeRequest, Answer<RangeResponse>> RANGE =
      withLargeAnswers(KVGrpc.getRangeMethod());
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
            .addMethod(KVGrpc.getPutMethod())
            .addMethod(KVGrpc.getDeleteRangeMethod())
            .addMethod(TXN)
            .addMethod(KVGrpc.getCompactMethod())
            .build();
    return ServerServiceDefinition.builder(descriptor)
        .addMethod(RANGE, ServerCalls.asyncUnaryCall(this::range))
        .addMethod(
            KVGrpc.getRangeStreamMethod(), ServerCalls.asyncServerStreamingCall(this::rangeStream))
        .addMethod(KVGrpc.getPutMethod(), ServerCalls.asyncUnaryCall(this::put))
        .addMethod(KVGrpc.getDeleteRangeMethod(), ServerCalls.asyncUnaryCall(this::deleteRange))
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

  private void put(PutRequest request, StreamObserver<PutResponse> observer) {
    Reply<PutResponse> reply = Reply.to(observer);
    long cost = QuotaCost.of(request);
    if (writes.haveRoomFor(cost, reply) && passes(checks.check(request), reply)) {
      writes.propose(
          LogCommand.newBuilder().setPut(request),
          cost,
          reply,
          (response, header) -> ((PutResponse) response).toBuilder().setHeader(header).build());
    }
  }

  private void deleteRange(
      DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> observer) {
    Reply<DeleteRangeResponse> reply = Reply.to(observer);
    if (passes(checks.check(request), reply)) {
      writes.propose(
          LogCommand.newBuilder().setDeleteRange(request),
          0,
          reply,
          (response, header) ->
              ((DeleteRangeResponse) response).toBuilder().setHeader(header).build());
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
    writes.propose(
        LogCommand.newBuilder().setTxn(request),
        cost,
        reply,
        (response, header) ->
            new Answer.Whole<>(((TxnResponse) response).toBuilder().setHeader(header).build()));
  }

  private void compact(CompactionRequest request, StreamObserver<CompactionResponse> observer) {
    compactions.compact(request, Reply.to(observer));
  }

  private static boolean passes(Optional<RequestFlaw> flaw, Reply<?> reply) {
    flaw.ifPresent(found -> reply.fail(GrpcErrors.statusOf(found)));
    return flaw.isEmpty();
  }
}
