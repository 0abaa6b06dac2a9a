package io.kvorum.server.grpc;

import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.Member;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.MemberListResponse;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/// The membership (etcd API: Cluster, `api.md` §3.5). Changes are not served yet and answer
/// `UNIMPLEMENTED`.
public final class ClusterService extends ClusterGrpc.ClusterImplBase {
  private static final Comparator<Member> BY_ID =
      (a, b) -> Long.compareUnsigned(a.getID(), b.getID());

  private final Supplier<List<Member>> members;
  private final ConfirmedReads reads;
  private final ResponseHeaders headers;

  /// Lists what `members` holds at the time, as published by the applier.
  public ClusterService(
      Supplier<List<Member>> members, ConfirmedReads reads, ResponseHeaders headers) {
    this.members = members;
    this.reads = reads;
    this.headers = headers;
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
        .addAllMembers(members.get().stream().sorted(BY_ID).toList())
        .build();
  }
}
