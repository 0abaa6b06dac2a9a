package io.kvorum.server.grpc;

import io.grpc.Status;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.CompactionResponse;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.grpc.Writes.Outcome;
import io.kvorum.server.transport.EventLoops;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// Compaction requests (etcd API: KV.Compact). A physical one is answered when this member has
/// removed the old data; also one that finds its revision compacted already waits for that.
public final class Compactions {
  private static final Status REMOVAL_FAILED =
      Status.INTERNAL.withDescription("kvorum: compacted data could not be removed");

  private final Writes writes;
  private final ResponseHeaders headers;
  private final EventLoops loops;
  private final Supplier<CompletableFuture<Void>> removal;

  /// @param removal begins, or joins, the physical removal up to the compacted revision
  public Compactions(
      Writes writes,
      ResponseHeaders headers,
      EventLoops loops,
      Supplier<CompletableFuture<Void>> removal) {
    this.writes = writes;
    this.headers = headers;
    this.loops = loops;
    this.removal = removal;
  }

  void compact(CompactionRequest request, Reply<CompactionResponse> reply) {
    Executor loop = loops.current();
    writes.submit(
        LogCommand.newBuilder().setCompaction(request),
        outcome -> {
          if (request.getPhysical() && isCompacted(outcome)) {
            answerWhenRemoved(outcome, loop, reply);
          } else {
            answer(outcome, reply);
          }
        });
  }

  private void answerWhenRemoved(Outcome outcome, Executor loop, Reply<CompactionResponse> reply) {
    var _ =
        removal
            .get()
            .whenCompleteAsync(
                (_, failure) -> {
                  if (failure == null) {
                    answer(outcome, reply);
                  } else {
                    reply.fail(REMOVAL_FAILED.withCause(failure));
                  }
                },
                loop);
  }

  private static boolean isCompacted(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Known(ApplyResult.Applied _) -> true;
      case Outcome.Known(ApplyResult.Rejected(Rejection.Compacted _)) -> true;
      case Outcome.Known(ApplyResult.Rejected _) -> false;
      case Outcome.Unanswered _ -> false;
    };
  }

  private void answer(Outcome outcome, Reply<CompactionResponse> reply) {
    switch (outcome) {
      case Outcome.Known(ApplyResult.Applied(_, var revision, _)) ->
          reply.send(CompactionResponse.newBuilder().setHeader(headers.at(revision)).build());
      case Outcome.Known(ApplyResult.Rejected(var rejection)) ->
          reply.fail(GrpcErrors.statusOf(rejection));
      case Outcome.Unanswered(var failure) -> reply.fail(GrpcErrors.statusOf(failure));
    }
  }
}
