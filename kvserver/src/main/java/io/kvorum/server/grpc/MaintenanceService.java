package io.kvorum.server.grpc;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.kvorum.mvcc.HashResult;
import io.kvorum.mvcc.RevisionRefused;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmResponse;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.DefragmentRequest;
import io.kvorum.proto.etcd.DefragmentResponse;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.HashRequest;
import io.kvorum.proto.etcd.HashResponse;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.MoveLeaderRequest;
import io.kvorum.proto.etcd.MoveLeaderResponse;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.cluster.LeadershipMoves;
import io.kvorum.server.transport.EventLoops;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/// Questions and orders to one member (etcd API: Maintenance, `api.md` §3.6). `Snapshot` and
/// `Downgrade` are not served yet and answer `UNIMPLEMENTED`.
public final class MaintenanceService extends MaintenanceGrpc.MaintenanceImplBase {
  private final Writes writes;
  private final StatusReport status;
  private final StoreChores chores;
  private final LeadershipMoves moves;
  private final ResponseHeaders headers;
  private final EventLoops loops;

  public MaintenanceService(
      Writes writes,
      StatusReport status,
      StoreChores chores,
      LeadershipMoves moves,
      ResponseHeaders headers,
      EventLoops loops) {
    this.moves = moves;
    this.loops = loops;
    this.writes = writes;
    this.status = status;
    this.chores = chores;
    this.headers = headers;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
    Reply.to(observer).send(status.now(headers));
  }

  @Override
  public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> observer) {
    Reply<AlarmResponse> reply = Reply.to(observer);
    if (request.getAction() == AlarmRequest.AlarmAction.UNRECOGNIZED
        || request.getAlarm() == AlarmType.UNRECOGNIZED) {
      reply.fail(Status.INVALID_ARGUMENT.withDescription("kvorum: unknown alarm or action"));
      return;
    }
    writes.propose(
        LogCommand.newBuilder().setAlarm(request),
        0,
        reply,
        (response, header) -> ((AlarmResponse) response).toBuilder().setHeader(header).build());
  }

  /// Answers when the work has begun: it goes on in the background and serving is not disturbed.
  @Override
  public void defragment(DefragmentRequest request, StreamObserver<DefragmentResponse> observer) {
    chores.beginDefragmentation();
    Reply.to(observer)
        .send(DefragmentResponse.newBuilder().setHeader(headers.at(chores.store().head())).build());
  }

  @Override
  public void hash(HashRequest request, StreamObserver<HashResponse> observer) {
    Reply<HashResponse> reply = Reply.to(observer);
    scan(
        reply,
        () -> {
          try (var pinned = chores.store().read()) {
            return HashResponse.newBuilder()
                .setHeader(headers.at(pinned.head()))
                .setHash(pinned.hash())
                .build();
          }
        });
  }

  @Override
  public void hashKV(HashKVRequest request, StreamObserver<HashKVResponse> observer) {
    Reply<HashKVResponse> reply = Reply.to(observer);
    scan(
        reply,
        () -> {
          try (var pinned = chores.store().read()) {
            HashResult result = pinned.hashKv(request.getRevision());
            return HashKVResponse.newBuilder()
                .setHeader(headers.at(pinned.head()))
                .setHash(result.hash())
                .setCompactRevision(result.compactRevision())
                .setHashRevision(result.revision())
                .build();
          }
        });
  }

  @Override
  public void moveLeader(MoveLeaderRequest request, StreamObserver<MoveLeaderResponse> observer) {
    Reply<MoveLeaderResponse> reply = Reply.to(observer);
    var _ =
        moves
            .moveTo(new MemberId(request.getTargetID()))
            .whenCompleteAsync(
                (outcome, broken) -> {
                  switch (outcome) {
                    case DONE -> reply.send(MoveLeaderResponse.getDefaultInstance());
                    case NOT_LEADER -> reply.fail(GrpcErrors.NOT_LEADER);
                    case BAD_TARGET -> reply.fail(GrpcErrors.BAD_LEADER_TRANSFEREE);
                    case TIMED_OUT -> reply.fail(GrpcErrors.TRANSFER_TIMED_OUT);
                  }
                },
                loops.current());
  }

  /// Hashes read everything, so they are made on the threads `range-n`.
  private <A> void scan(Reply<A> reply, Supplier<A> scan) {
    try {
      chores.threads().execute(() -> answer(reply, scan));
    } catch (RejectedExecutionException _) {
      reply.fail(GrpcErrors.TOO_MANY_REQUESTS);
    }
  }

  private static <A> void answer(Reply<A> reply, Supplier<A> scan) {
    try {
      reply.send(scan.get());
    } catch (RevisionRefused refused) {
      reply.fail(GrpcErrors.statusOf(refused));
    } catch (CancellationException _) {
      reply.fail(GrpcErrors.STOPPED);
    }
  }
}
