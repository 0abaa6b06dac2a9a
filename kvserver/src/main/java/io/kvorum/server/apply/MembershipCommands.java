package io.kvorum.server.apply;

import io.kvorum.invariant.InvariantViolation;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.proto.command.ClusterVersion;
import io.kvorum.proto.command.MemberAttributes;
import io.kvorum.proto.storage.Member;
import io.kvorum.proto.storage.Membership;
import io.kvorum.server.command.ApplyResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Who belongs to the cluster, what the members tell of themselves, and the version all of them
/// have reached.
///
/// Owned by the thread `apply`.
final class MembershipCommands {
  private static final int FORMAT = 1;
  private static final Comparator<Member> BY_ID =
      (a, b) -> Long.compareUnsigned(a.getId(), b.getId());

  private Membership membership;
  private Optional<io.kvorum.proto.storage.ClusterVersion> version;

  /// Takes up what the store holds, since its founding at the latest.
  MembershipCommands(MvccStore store) {
    this.membership =
        store
            .meta(StoredFact.MEMBERSHIP.key())
            .map(bytes -> StoredFact.MEMBERSHIP.parse(bytes, Membership.parser()))
            .orElseThrow(() -> new InvariantViolation("the store was never founded"));
    StoredFact.MEMBERSHIP.checkFormat(membership.getVersion(), FORMAT);
    this.version =
        store
            .meta(StoredFact.CLUSTER_VERSION.key())
            .map(
                bytes ->
                    StoredFact.CLUSTER_VERSION.parse(
                        bytes, io.kvorum.proto.storage.ClusterVersion.parser()));
    version.ifPresent(
        stored -> StoredFact.CLUSTER_VERSION.checkFormat(stored.getVersion(), FORMAT));
  }

  Membership membership() {
    return membership;
  }

  Optional<io.kvorum.proto.storage.ClusterVersion> version() {
    return version;
  }

  /// A member tells its name and client addresses. One that does not belong is not heard: it was
  /// removed meanwhile.
  ApplyResult execute(MemberAttributes attributes, Execution execution) {
    List<Member> members = new ArrayList<>(membership.getMembersCount());
    for (Member member : membership.getMembersList()) {
      members.add(
          member.getId() == attributes.getMemberId() ? withAttributes(member, attributes) : member);
    }
    Membership changed = sorted(members);
    if (!changed.equals(membership)) {
      membership = changed;
      execution.batch().putMeta(StoredFact.MEMBERSHIP.key(), changed.toByteString());
    }
    return new ApplyResult.Applied(MemberAttributes.getDefaultInstance(), execution.batch().head());
  }

  ApplyResult execute(ClusterVersion request, Execution execution) {
    var stored =
        io.kvorum.proto.storage.ClusterVersion.newBuilder()
            .setVersion(FORMAT)
            .setClusterVersion(request.getVersion())
            .setFeatureLevel(request.getFeatureLevel())
            .build();
    version = Optional.of(stored);
    execution.batch().putMeta(StoredFact.CLUSTER_VERSION.key(), stored.toByteString());
    return new ApplyResult.Applied(ClusterVersion.getDefaultInstance(), execution.batch().head());
  }

  private static Member withAttributes(Member member, MemberAttributes attributes) {
    return member.toBuilder()
        .setName(attributes.getName())
        .clearClientUrls()
        .addAllClientUrls(attributes.getClientUrlsList())
        .build();
  }

  static Membership sorted(List<Member> members) {
    return Membership.newBuilder()
        .setVersion(FORMAT)
        .addAllMembers(members.stream().sorted(BY_ID).toList())
        .build();
  }
}
