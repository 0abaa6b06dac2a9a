package io.kvorum.testkit.nemesis;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.Member;
import io.kvorum.proto.etcd.MemberAddRequest;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.MemberRemoveRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Who belongs to the cluster, as an operator sees it: asks members in turn until one has done what
/// is wanted. A change whose outcome is not known is looked for in the list.
final class Membership implements AutoCloseable {
  private static final int ANSWER_MILLIS = 3_000;
  private static final int PAUSE_MILLIS = 100;

  private final List<ManagedChannel> members;

  Membership(List<String> endpoints) {
    members =
        endpoints.stream()
            .map(endpoint -> NettyChannelBuilder.forTarget(endpoint).usePlaintext().build())
            .toList();
  }

  /// A change, asked of one member. Fails if it is refused, or not known to be done.
  private interface Change {
    void ask(ClusterGrpc.ClusterBlockingStub member);
  }

  /// Removes the member with this peer URL; returns false if it is not known to be gone in time.
  boolean remove(String peerUrl, Duration limit) throws InterruptedException {
    return repeat(
        limit,
        member -> {
          Optional<Member> found = find(member, peerUrl);
          if (found.isPresent()) {
            var _ =
                member.memberRemove(
                    MemberRemoveRequest.newBuilder().setID(found.get().getID()).build());
          }
        });
  }

  /// Adds a voter with this peer URL; returns false if it is not known to be there in time.
  boolean add(String peerUrl, Duration limit) throws InterruptedException {
    return repeat(
        limit,
        member -> {
          if (find(member, peerUrl).isEmpty()) {
            var _ = member.memberAdd(MemberAddRequest.newBuilder().addPeerURLs(peerUrl).build());
          }
        });
  }

  /// Linearizable: it shows every change that was answered before.
  private static Optional<Member> find(ClusterGrpc.ClusterBlockingStub member, String peerUrl) {
    return member
        .memberList(MemberListRequest.newBuilder().setLinearizable(true).build())
        .getMembersList()
        .stream()
        .filter(one -> one.getPeerURLsList().contains(peerUrl))
        .findAny();
  }

  private boolean repeat(Duration limit, Change change) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < deadlineNanos) {
      for (ManagedChannel channel : members) {
        try {
          change.ask(
              ClusterGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(ANSWER_MILLIS, TimeUnit.MILLISECONDS));
          return true;
        } catch (StatusRuntimeException _) {
          TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS); // asked again, of the next one
        }
      }
    }
    return false;
  }

  @Override
  public void close() {
    members.forEach(ManagedChannel::shutdownNow);
  }
}
