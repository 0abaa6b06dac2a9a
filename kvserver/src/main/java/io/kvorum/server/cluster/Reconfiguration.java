package io.kvorum.server.cluster;

import io.kvorum.proto.command.MemberChange;
import io.kvorum.proto.storage.Member;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.config.MemberConfig.ReconfigurationChecks;
import io.kvorum.server.config.UrlList;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// What a change of the membership must fulfil before it is proposed, so that it does not cost the
/// cluster its quorum (operations.md §5.6). The state machine checks again what can be decided from
/// the log alone.
///
/// Safe for any thread.
public final class Reconfiguration {
  /// How long a member must have been connected to count as healthy.
  private static final Duration HEALTHY = Duration.ofSeconds(5);

  /// What share of the leader's log a learner must hold before it may vote, in percent.
  private static final int READY_PERCENT = 90;

  private final MemberId self;
  private final ReconfigurationChecks checks;
  private final int maxLearners;
  private final Supplier<ClusterState> cluster;
  private final Connections connections;

  public Reconfiguration(
      MemberId self,
      ReconfigurationChecks checks,
      int maxLearners,
      Supplier<ClusterState> cluster,
      Connections connections) {
    this.self = self;
    this.checks = checks;
    this.maxLearners = maxLearners;
    this.cluster = cluster;
    this.connections = connections;
  }

  /// Whether members may be reached by these URLs.
  public static Optional<MembershipRefusal> ofUrls(List<String> peerUrls) {
    return peerUrls.isEmpty() || !peerUrls.stream().allMatch(UrlList::isUrl)
        ? Optional.of(MembershipRefusal.BAD_URLS)
        : Optional.empty();
  }

  /// The change that adds a member.
  public MemberChange addition(List<String> peerUrls, boolean isLearner, long unixSeconds) {
    List<String> sorted = peerUrls.stream().sorted().distinct().toList();
    return MemberChange.newBuilder()
        .setAdded(
            MemberChange.Added.newBuilder()
                .setId(MemberIds.ofAdded(sorted, unixSeconds).value())
                .addAllPeerUrls(sorted)
                .setLearner(isLearner)
                .setMaxLearners(maxLearners))
        .build();
  }

  /// Why the change must not be proposed now; empty if it may.
  public Optional<MembershipRefusal> refusal(MemberChange change) {
    return switch (change.getChangeCase()) {
      case ADDED -> ofAddition(change.getAdded());
      case REMOVED -> ofRemoval(change.getRemoved());
      case PROMOTED -> ofPromotion(change.getPromoted());
      case ALONE, CHANGE_NOT_SET -> Optional.empty(); // nobody asks for it
    };
  }

  private Optional<MembershipRefusal> ofAddition(MemberChange.Added added) {
    if (checks == ReconfigurationChecks.OFF) {
      return Optional.empty();
    }
    List<Member> voters = voters();
    if (voters.size() == 1 && started(voters) == 1) {
      return Optional.empty(); // it could have no second member otherwise
    }
    int voting = added.getLearner() ? voters.size() : voters.size() + 1;
    if (!added.getLearner() && started(voters) < majorityOf(voting)) {
      return Optional.of(MembershipRefusal.NOT_ENOUGH_STARTED);
    }
    return healthy(voters) < majorityOf(voting)
        ? Optional.of(MembershipRefusal.UNHEALTHY)
        : Optional.empty();
  }

  private Optional<MembershipRefusal> ofRemoval(long id) {
    Optional<Member> leaving = find(id);
    if (leaving.isEmpty()) {
      return Optional.of(MembershipRefusal.MEMBER_NOT_FOUND);
    }
    if (checks == ReconfigurationChecks.OFF || leaving.get().getLearner()) {
      return Optional.empty();
    }
    List<Member> voters = voters();
    List<Member> staying = voters.stream().filter(member -> member.getId() != id).toList();
    if (started(staying) < majorityOf(staying.size())) {
      return Optional.of(MembershipRefusal.NOT_ENOUGH_STARTED);
    }
    MemberId member = new MemberId(id);
    boolean isDown = !member.equals(self) && connections.upTime(member).isEmpty();
    return !isDown && healthy(voters) - 1 < majorityOf(staying.size())
        ? Optional.of(MembershipRefusal.UNHEALTHY)
        : Optional.empty();
  }

  private Optional<MembershipRefusal> ofPromotion(long id) {
    if (find(id).isEmpty()) {
      return Optional.of(MembershipRefusal.MEMBER_NOT_FOUND);
    }
    List<Member> voters = voters();
    return checks == ReconfigurationChecks.STRICT
            && started(voters) + 1 < majorityOf(voters.size() + 1)
        ? Optional.of(MembershipRefusal.NOT_ENOUGH_STARTED)
        : Optional.empty();
  }

  /// Why the leader, which alone knows, must not let this change into its log; empty if it may.
  ///
  /// @param matched up to where the other members hold the leader's log
  public static Optional<MembershipRefusal> ofLeader(
      MemberChange change, RaftStatus leader, Map<MemberId, Long> matched) {
    if (!change.hasPromoted()) {
      return Optional.empty();
    }
    long holds = matched.getOrDefault(new MemberId(change.getPromoted()), 0L);
    return holds * 100 < leader.lastIndex() * READY_PERCENT
        ? Optional.of(MembershipRefusal.LEARNER_NOT_READY)
        : Optional.empty();
  }

  private List<Member> voters() {
    return cluster.get().membership().getMembersList().stream()
        .filter(member -> !member.getLearner())
        .toList();
  }

  private Optional<Member> find(long id) {
    return cluster.get().membership().getMembersList().stream()
        .filter(member -> member.getId() == id)
        .findFirst();
  }

  private static long started(List<Member> members) {
    return members.stream().filter(member -> !member.getName().isEmpty()).count();
  }

  private long healthy(List<Member> members) {
    return members.stream()
        .map(member -> new MemberId(member.getId()))
        .filter(member -> member.equals(self) || connections.isConnectedFor(member, HEALTHY))
        .count();
  }

  private static int majorityOf(int members) {
    return members / 2 + 1;
  }
}
