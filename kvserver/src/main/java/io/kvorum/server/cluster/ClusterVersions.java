package io.kvorum.server.cluster;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.storage.ClusterVersion;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.command.ApiVersion;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.FeatureLevel;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Raises the version and the feature level of the cluster, while this member leads, once every
/// member says that its program understands them (operations.md §5.11, decision 13). A member that
/// is down, or whose program does not know the question, holds it up.
///
/// Safe for any thread, except that one thread ticks.
public final class ClusterVersions {
  private static final Logger log = LoggerFactory.getLogger(ClusterVersions.class);

  /// So that an upgrade is noticed within some four seconds, an election included.
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  private final PeerAnswer.Version own;
  private final MemberId self;
  private final Supplier<ClusterState> cluster;
  private final BooleanSupplier leads;
  private final PeerPoll peers;
  private final Proposals proposals;
  private final AtomicBoolean isUnderWay = new AtomicBoolean();
  private long askedNanos; // by the thread that ticks

  /// @param own what this member's program understands
  /// @param leads whether this member does, as far as it knows
  public ClusterVersions(
      MemberId self,
      PeerAnswer.Version own,
      Supplier<ClusterState> cluster,
      BooleanSupplier leads,
      PeerPoll peers,
      Proposals proposals) {
    this.own = own;
    this.self = self;
    this.cluster = cluster;
    this.leads = leads;
    this.peers = peers;
    this.proposals = proposals;
  }

  /// What the cluster can be raised to; empty if that is where it is.
  ///
  /// @param now where the cluster is
  /// @param members what the program of each member understands; empty for one that does not say
  static Optional<ClusterVersion> raised(
      ClusterVersion now, Collection<Optional<PeerAnswer.Version>> members) {
    if (members.stream().anyMatch(Optional::isEmpty)) {
      return Optional.empty();
    }
    List<PeerAnswer.Version> said = members.stream().flatMap(Optional::stream).toList();
    int level =
        said.stream().mapToInt(PeerAnswer.Version::featureLevel).min().orElse(FeatureLevel.FIRST);
    List<Optional<ApiVersion>> versions =
        said.stream().map(member -> ApiVersion.of(member.version())).toList();
    if (versions.stream().anyMatch(Optional::isEmpty)) {
      return Optional.empty();
    }
    ApiVersion lowest =
        versions.stream().flatMap(Optional::stream).min(ApiVersion::compareTo).orElseThrow();
    ClusterVersion.Builder next = now.toBuilder();
    if (ApiVersion.of(now.getClusterVersion())
        .filter(reached -> reached.compareTo(lowest) >= 0)
        .isEmpty()) {
      next.setClusterVersion(lowest.toString());
    }
    next.setFeatureLevel(Math.max(now.getFeatureLevel(), level));
    return next.build().equals(now) ? Optional.empty() : Optional.of(next.build());
  }

  /// Looks whether there is something to raise. Called a few times per second.
  public void tick(long nowNanos) {
    ClusterState state = cluster.get();
    if (state.version().isEmpty()
        || nowNanos - askedNanos < INTERVAL.toNanos()
        || !leads.getAsBoolean()
        || raised(state.version().get(), List.of(Optional.of(own))).isEmpty()
        || !isUnderWay.compareAndSet(false, true)) {
      return;
    }
    askedNanos = nowNanos;
    List<MemberId> others =
        state.membership().getMembersList().stream()
            .map(member -> new MemberId(member.getId()))
            .filter(member -> !member.equals(self))
            .toList();
    var _ =
        peers
            .ask(others, new PeerQuestion.Version(), INTERVAL)
            .thenAccept(this::decide)
            .whenComplete((_, _) -> isUnderWay.set(false));
  }

  private void decide(NavigableMap<MemberId, Optional<PeerAnswer.Version>> said) {
    said.put(self, Optional.of(own));
    cluster.get().version().flatMap(now -> raised(now, said.values())).ifPresent(this::propose);
  }

  private void propose(ClusterVersion next) {
    proposals.submit(
        LogCommand.newBuilder()
            .setClusterVersion(
                io.kvorum.proto.command.ClusterVersion.newBuilder()
                    .setVersion(next.getClusterVersion())
                    .setFeatureLevel(next.getFeatureLevel())),
        Runnable::run,
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {
            log.atInfo()
                .addKeyValue("cluster-version", next.getClusterVersion())
                .addKeyValue("feature-level", next.getFeatureLevel())
                .log("updated cluster version");
          }

          @Override
          public void failed(ProposalFailure failure) {
            log.atWarn().addKeyValue("reason", failure).log("failed to update cluster version");
          }
        });
  }
}
