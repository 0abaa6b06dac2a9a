package io.kvorum.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.kvorum.invariant.Invariant;
import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import io.kvorum.proto.etcd.LeaseLeasesRequest;
import io.kvorum.proto.etcd.LeaseLeasesResponse;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.LeaseRevokeResponse;
import io.kvorum.proto.etcd.LeaseStatus;
import io.kvorum.proto.etcd.LeaseTimeToLiveRequest;
import io.kvorum.proto.etcd.LeaseTimeToLiveResponse;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.apply.Lessor.LeaseList;
import io.kvorum.server.apply.Lessor.TimeToLive;
import io.kvorum.server.transport.EventLoops;
import java.util.random.RandomGenerator;

/// Leases (etcd API: Lease, `api.md` §3.4). Grant and revoke go through the log; the rest is asked
/// of the [Lessor].
public final class LeaseService extends LeaseGrpc.LeaseImplBase {
  private final Writes writes;
  private final Lessor lessor;
  private final ResponseHeaders headers;
  private final EventLoops loops;
  private final LeaseGrants grants;

  /// How grants are completed before they are logged.
  ///
  /// @param minTtlSeconds the shortest lease; shorter wishes are raised to it
  /// @param random source of the ids that clients leave to the server
  public record LeaseGrants(long minTtlSeconds, RandomGenerator random) {
    LeaseGrantRequest complete(LeaseGrantRequest request) {
      return request.toBuilder()
          .setTTL(Math.max(request.getTTL(), minTtlSeconds))
          .setID(request.getID() == 0 ? random.nextLong(1, Long.MAX_VALUE) : request.getID())
          .build();
    }
  }

  public LeaseService(
      Writes writes, Lessor lessor, ResponseHeaders headers, EventLoops loops, LeaseGrants grants) {
    this.writes = writes;
    this.lessor = lessor;
    this.headers = headers;
    this.loops = loops;
    this.grants = grants;
  }

  @Override
  public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> observer) {
    Reply<LeaseGrantResponse> reply = Reply.to(observer);
    if (!writes.haveRoomFor(QuotaCost.of(request), reply)) {
      return;
    }
    writes.propose(
        LogCommand.newBuilder().setLeaseGrant(grants.complete(request)),
        QuotaCost.of(request),
        reply,
        (response, header) ->
            ((LeaseGrantResponse) response).toBuilder().setHeader(header).build());
  }

  @Override
  public void leaseRevoke(
      LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> observer) {
    writes.propose(
        LogCommand.newBuilder().setLeaseRevoke(request),
        0,
        Reply.to(observer),
        (_, header) -> LeaseRevokeResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(
      StreamObserver<LeaseKeepAliveResponse> observer) {
    Invariant.check(
        observer instanceof ServerCallStreamObserver<LeaseKeepAliveResponse>,
        "a server call is expected");
    return new KeepAliveStream(
        (ServerCallStreamObserver<LeaseKeepAliveResponse>) observer,
        lessor,
        headers,
        loops.current());
  }

  @Override
  public void leaseTimeToLive(
      LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> observer) {
    Reply<LeaseTimeToLiveResponse> reply = Reply.to(observer);
    lessor.timeToLive(
        new LeaseId(request.getID()),
        request.getKeys() ? Lessor.Keys.INCLUDED : Lessor.Keys.LEFT_OUT,
        loops.current(),
        new Lessor.Callback<>() {
          @Override
          public void answered(TimeToLive answer) {
            reply.send(response(request.getID(), answer));
          }

          @Override
          public void failed(LeaseFailure failure) {
            reply.fail(GrpcErrors.statusOf(failure));
          }
        });
  }

  private LeaseTimeToLiveResponse response(long id, TimeToLive answer) {
    LeaseTimeToLiveResponse.Builder response =
        LeaseTimeToLiveResponse.newBuilder().setHeader(headers.at(answer.revision())).setID(id);
    return switch (answer) {
      case TimeToLive.Alive(var remaining, var granted, var keys, _) ->
          response.setTTL(remaining).setGrantedTTL(granted).addAllKeys(keys).build();
      case TimeToLive.Absent _ -> response.setTTL(-1).build();
    };
  }

  @Override
  public void leaseLeases(
      LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> observer) {
    Reply<LeaseLeasesResponse> reply = Reply.to(observer);
    lessor.leases(
        loops.current(),
        new Lessor.Callback<>() {
          @Override
          public void answered(LeaseList answer) {
            reply.send(response(answer));
          }

          @Override
          public void failed(LeaseFailure failure) {
            reply.fail(GrpcErrors.statusOf(failure));
          }
        });
  }

  private LeaseLeasesResponse response(LeaseList answer) {
    LeaseLeasesResponse.Builder response =
        LeaseLeasesResponse.newBuilder().setHeader(headers.at(answer.revision()));
    for (LeaseId lease : answer.leases()) {
      response.addLeases(LeaseStatus.newBuilder().setID(lease.value()));
    }
    return response.build();
  }
}
