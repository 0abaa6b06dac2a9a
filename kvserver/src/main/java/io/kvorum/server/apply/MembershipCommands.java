package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.proto.command.ClusterVersion;
import io.kvorum.proto.command.MemberAddresses;
import io.kvorum.proto.command.MemberAttributes;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.proto.storage.Member;
import io.kvorum.proto.storage.Membership;
import io.kvorum.server.command.ApiVersion;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.FeatureLevel;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.command.ProgramOutdated;
import io.kvorum.server.command.Rejection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

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

  /// Takes up what a store holds, since its founding at the latest.
  ///
  /// @param facts the store's replicated facts by name
  MembershipCommands(Function<String, Optional<ByteString>> facts) {
    this.membership =
        facts
            .apply(StoredFact.MEMBERSHIP.key())
            .map(bytes -> StoredFact.MEMBERSHIP.parse(bytes, Membership.parser()))
            .orElseThrow(() -> new InvariantViolation("the store was never founded"));
    StoredFact.MEMBERSHIP.checkFormat(membership.getVersion(), FORMAT);
    this.version =
        facts
            .apply(StoredFact.CLUSTER_VERSION.key())
            .map(
                bytes ->
                    StoredFact.CLUSTER_VERSION.parse(
                        bytes, io.kvorum.proto.storage.ClusterVersion.parser()));
    version.ifPresent(
        stored -> {
          StoredFact.CLUSTER_VERSION.checkFormat(stored.getVersion(), FORMAT);
          checkLevel(stored.getFeatureLevel());
        });
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
    find(attributes.getMemberId())
        .ifPresent(
            member ->
                store(
                    with(
                        member.toBuilder()
                            .setName(attributes.getName())
                            .clearClientUrls()
                            .addAllClientUrls(attributes.getClientUrlsList())
                            .build()),
                    execution));
    return new ApplyResult.Applied(MemberAttributes.getDefaultInstance(), execution.batch().head());
  }

  /// A member tells where its peers reach it.
  ApplyResult execute(MemberAddresses addresses, Execution execution) {
    Optional<Member> member = find(addresses.getMemberId());
    if (member.isEmpty()) {
      return refused(MembershipRefusal.MEMBER_NOT_FOUND);
    }
    if (isTaken(addresses.getPeerUrlsList(), addresses.getMemberId())) {
      return refused(MembershipRefusal.PEER_URL_EXISTS);
    }
    store(
        with(
            member.get().toBuilder()
                .clearPeerUrls()
                .addAllPeerUrls(addresses.getPeerUrlsList())
                .build()),
        execution);
    return applied(execution);
  }

  /// A member comes, goes, begins to vote, or stays alone. What the change was checked against when
  /// it was proposed may have changed since, so it is checked again; refused, it changes nothing.
  ApplyResult execute(MemberChange change, Execution execution) {
    Optional<MembershipRefusal> refusal = refusal(change);
    if (refusal.isPresent()) {
      return refused(refusal.get());
    }
    store(
        switch (change.getChangeCase()) {
          case ADDED -> with(memberOf(change.getAdded()));
          case REMOVED -> without(change.getRemoved());
          case PROMOTED ->
              with(find(change.getPromoted()).orElseThrow().toBuilder().setLearner(false).build());
          case ALONE -> with(change.getAlone());
          case CHANGE_NOT_SET ->
              throw new ProgramOutdated(
                  "entry " + execution.entry() + " changes the membership in an unknown way");
        },
        execution);
    return applied(execution);
  }

  private Optional<MembershipRefusal> refusal(MemberChange change) {
    return switch (change.getChangeCase()) {
      case ADDED -> refusal(change.getAdded());
      case REMOVED -> refusalToRemove(change.getRemoved());
      case PROMOTED ->
          find(change.getPromoted())
              .map(
                  member ->
                      member.getLearner()
                          ? Optional.<MembershipRefusal>empty()
                          : Optional.of(MembershipRefusal.NOT_A_LEARNER))
              .orElse(Optional.of(MembershipRefusal.MEMBER_NOT_FOUND));
      case ALONE, CHANGE_NOT_SET -> Optional.empty();
    };
  }

  private Optional<MembershipRefusal> refusal(MemberChange.Added added) {
    if (find(added.getId()).isPresent() || membership.getRemovedList().contains(added.getId())) {
      return Optional.of(MembershipRefusal.MEMBER_EXISTS);
    }
    if (isTaken(added.getPeerUrlsList(), added.getId())) {
      return Optional.of(MembershipRefusal.PEER_URL_EXISTS);
    }
    long learners = membership.getMembersList().stream().filter(Member::getLearner).count();
    return added.getLearner() && learners >= added.getMaxLearners()
        ? Optional.of(MembershipRefusal.TOO_MANY_LEARNERS)
        : Optional.empty();
  }

  private Optional<MembershipRefusal> refusalToRemove(long id) {
    Optional<Member> member = find(id);
    if (member.isEmpty()) {
      return Optional.of(MembershipRefusal.MEMBER_NOT_FOUND);
    }
    boolean isLastVoter =
        !member.get().getLearner()
            && membership.getMembersList().stream().filter(other -> !other.getLearner()).count()
                == 1;
    return isLastVoter ? Optional.of(MembershipRefusal.NOT_ENOUGH_STARTED) : Optional.empty();
  }

  private Optional<Member> find(long id) {
    return membership.getMembersList().stream().filter(member -> member.getId() == id).findFirst();
  }

  private boolean isTaken(List<String> peerUrls, long by) {
    return membership.getMembersList().stream()
        .filter(member -> member.getId() != by)
        .anyMatch(member -> !Collections.disjoint(member.getPeerUrlsList(), peerUrls));
  }

  private static Member memberOf(MemberChange.Added added) {
    return Member.newBuilder()
        .setId(added.getId())
        .addAllPeerUrls(added.getPeerUrlsList())
        .setLearner(added.getLearner())
        .build();
  }

  private Membership with(Member changed) {
    List<Member> members = new ArrayList<>(membership.getMembersList());
    members.removeIf(member -> member.getId() == changed.getId());
    members.add(changed);
    return withMembers(membership, members);
  }

  private Membership without(long id) {
    List<Long> removed = new ArrayList<>(membership.getRemovedList());
    removed.add(id);
    removed.sort(Long::compareUnsigned);
    List<Member> members = new ArrayList<>(membership.getMembersList());
    members.removeIf(member -> member.getId() == id);
    return withMembers(membership, members).toBuilder()
        .clearRemoved()
        .addAllRemoved(removed)
        .build();
  }

  /// The member alone, as a voter. If the cluster had removed it, it belongs again: its log is its
  /// own, and whoever removed it is removed.
  private Membership with(MemberChange.Alone alone) {
    Member only =
        find(alone.getId())
            .orElseGet(
                () ->
                    Member.newBuilder()
                        .setId(alone.getId())
                        .addAllPeerUrls(alone.getPeerUrlsList())
                        .build())
            .toBuilder()
            .setLearner(false)
            .build();
    List<Long> removed = new ArrayList<>(membership.getRemovedList());
    membership.getMembersList().forEach(member -> removed.add(member.getId()));
    removed.removeIf(id -> id == only.getId());
    removed.sort(Long::compareUnsigned);
    return withMembers(membership, List.of(only)).toBuilder()
        .clearRemoved()
        .addAllRemoved(removed)
        .build();
  }

  private static Membership withMembers(Membership before, List<Member> members) {
    return before.toBuilder()
        .clearMembers()
        .addAllMembers(members.stream().sorted(BY_ID).toList())
        .build();
  }

  private void store(Membership changed, Execution execution) {
    if (!changed.equals(membership)) {
      membership = changed;
      execution.batch().putMeta(StoredFact.MEMBERSHIP.key(), changed.toByteString());
    }
  }

  private static ApplyResult refused(MembershipRefusal refusal) {
    return new ApplyResult.Rejected(new Rejection.Membership(refusal));
  }

  /// Whoever asked reads the members that are left from the published state.
  private static ApplyResult applied(Execution execution) {
    return new ApplyResult.Applied(MemberChange.getDefaultInstance(), execution.batch().head());
  }

  /// The cluster has reached a version. Before the level [FeatureLevel#RISING_VERSION] the last one
  /// that says so is right, from there on the one that says more.
  ApplyResult execute(ClusterVersion request, Execution execution) {
    checkLevel(request.getFeatureLevel());
    ClusterVersion reached =
        version
            .filter(before -> before.getFeatureLevel() >= FeatureLevel.RISING_VERSION)
            .map(before -> higher(before, request))
            .orElse(request);
    var stored =
        io.kvorum.proto.storage.ClusterVersion.newBuilder()
            .setVersion(FORMAT)
            .setClusterVersion(reached.getVersion())
            .setFeatureLevel(reached.getFeatureLevel())
            .build();
    version = Optional.of(stored);
    execution.batch().putMeta(StoredFact.CLUSTER_VERSION.key(), stored.toByteString());
    return new ApplyResult.Applied(ClusterVersion.getDefaultInstance(), execution.batch().head());
  }

  private static ClusterVersion higher(
      io.kvorum.proto.storage.ClusterVersion before, ClusterVersion request) {
    Optional<ApiVersion> asked = ApiVersion.of(request.getVersion());
    Optional<ApiVersion> known = ApiVersion.of(before.getClusterVersion());
    boolean isHigher =
        asked.isPresent() && (known.isEmpty() || asked.get().compareTo(known.get()) > 0);
    return ClusterVersion.newBuilder()
        .setVersion(isHigher ? request.getVersion() : before.getClusterVersion())
        .setFeatureLevel(Math.max(before.getFeatureLevel(), request.getFeatureLevel()))
        .build();
  }

  private static void checkLevel(int level) {
    if (level > FeatureLevel.NEWEST) {
      throw new ProgramOutdated(
          "the cluster makes use of feature level %d, this program knows up to %d"
              .formatted(level, FeatureLevel.NEWEST));
    }
  }

  /// The record of a cluster that is being founded.
  static Membership founded(List<Member> members) {
    return withMembers(Membership.newBuilder().setVersion(FORMAT).build(), members);
  }
}
