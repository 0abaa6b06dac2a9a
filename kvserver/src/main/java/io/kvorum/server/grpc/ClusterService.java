package io.kvorum.server.grpc;

import io.grpc.stub.StreamObserver;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberAddresses;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.Member;
import io.kvorum.proto.etcd.MemberAddRequest;
import io.kvorum.proto.etcd.MemberAddResponse;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.MemberListResponse;
import io.kvorum.proto.etcd.MemberPromoteRequest;
import io.kvorum.proto.etcd.MemberPromoteResponse;
import io.kvorum.proto.etcd.MemberRemoveRequest;
import io.kvorum.proto.etcd.MemberRemoveResponse;
import io.kvorum.proto.etcd.MemberUpdateRequest;
import io.kvorum.proto.etcd.MemberUpdateResponse;
import io.kvorum.server.cluster.Reconfiguration;
import io.kvorum.server.command.MembershipRefusal;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// The membership and its changes (etcd API: Cluster, `api.md` §3.5). Headers carry no revision; a
/// change answers with the members there are once it is applied here.
public final class ClusterService extends ClusterGrpc.ClusterImplBase {
  private final Supplier<List<Member>> members;
  private final Reconfiguration reconfiguration;
  private final Writes writes;
  private final ConfirmedReads reads;
  private final ResponseHeaders headers;
  private final LongSupplier unixSeconds;

  /// Serves what `members` holds at the time, by id, as published by the applier.
  ///
  /// @param unixSeconds goes into the ids of members that are added
  public ClusterService(
      Supplier<List<Member>> members,
      Reconfiguration reconfiguration,
      Writes writes,
      ConfirmedReads reads,
      ResponseHeaders headers,
      LongSupplier unixSeconds) {
    this.members = members;
    this.reconfiguration = reconfiguration;
    this.writes = writes;
    this.reads = reads;
    this.headers = headers;
    this.unixSeconds = unixSeconds;
  }

  @Override
  public void memberAdd(MemberAddRequest request, StreamObserver<MemberAddResponse> observer) {
    Reply<MemberAddResponse> reply = Reply.to(observer);
    Optional<MembershipRefusal> flaw = Reconfiguration.ofUrls(request.getPeerURLsList());
    if (flaw.isPresent()) {
      reply.fail(GrpcErrors.statusOf(flaw.get()));
      return;
    }
    MemberChange change =
        reconfiguration.addition(
            request.getPeerURLsList(), request.getIsLearner(), unixSeconds.getAsLong());
    Member added =
        Member.newBuilder()
            .setID(change.getAdded().getId())
            .addAllPeerURLs(change.getAdded().getPeerUrlsList())
            .setIsLearner(request.getIsLearner())
            .build();
    propose(
        change,
        reply,
        () ->
            MemberAddResponse.newBuilder()
                .setHeader(headers.withoutRevision())
                .setMember(added)
                .addAllMembers(members.get())
                .build());
  }

  @Override
  public void memberRemove(
      MemberRemoveRequest request, StreamObserver<MemberRemoveResponse> observer) {
    propose(
        MemberChange.newBuilder().setRemoved(request.getID()).build(),
        Reply.to(observer),
        () ->
            MemberRemoveResponse.newBuilder()
                .setHeader(headers.withoutRevision())
                .addAllMembers(members.get())
                .build());
  }

  @Override
  public void memberPromote(
      MemberPromoteRequest request, StreamObserver<MemberPromoteResponse> observer) {
    propose(
        MemberChange.newBuilder().setPromoted(request.getID()).build(),
        Reply.to(observer),
        () ->
            MemberPromoteResponse.newBuilder()
                .setHeader(headers.withoutRevision())
                .addAllMembers(members.get())
                .build());
  }

  @Override
  public void memberUpdate(
      MemberUpdateRequest request, StreamObserver<MemberUpdateResponse> observer) {
    submit(
        LogCommand.newBuilder()
            .setMemberAddresses(
                MemberAddresses.newBuilder()
                    .setMemberId(request.getID())
                    .addAllPeerUrls(request.getPeerURLsList().stream().sorted().toList())),
        Reply.to(observer),
        () ->
            MemberUpdateResponse.newBuilder()
                .setHeader(headers.withoutRevision())
                .addAllMembers(members.get())
                .build());
  }

  @Override
  public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
    Reply<MemberListResponse> reply = Reply.to(observer);
    if (request.getLinearizable()) {
      reads.whenConfirmed(reply, () -> reply.send(memberList()));
    } else {
      reply.send(memberList());
    }
  }

  private MemberListResponse memberList() {
    return MemberListResponse.newBuilder()
        .setHeader(headers.withoutRevision())
        .addAllMembers(members.get())
        .build();
  }

  private <A> void propose(MemberChange change, Reply<A> reply, Supplier<A> answer) {
    Optional<MembershipRefusal> refusal = reconfiguration.refusal(change);
    if (refusal.isPresent()) {
      reply.fail(GrpcErrors.statusOf(refusal.get()));
    } else {
      submit(LogCommand.newBuilder().setMemberChange(change), reply, answer);
    }
  }

  private <A> void submit(LogCommand.Builder command, Reply<A> reply, Supplier<A> answer) {
    writes.proposeThen(command, 0, reply, (_, _) -> reply.send(answer.get()));
  }
}
