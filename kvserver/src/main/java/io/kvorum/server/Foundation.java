package io.kvorum.server;

import io.kvorum.proto.storage.Member;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.cluster.MemberIds;
import io.kvorum.server.cluster.ReachedVersion;
import io.kvorum.server.cluster.RemoteCluster;
import io.kvorum.server.command.ApiVersion;
import io.kvorum.server.command.FeatureLevel;
import io.kvorum.server.config.InitialCluster;
import io.kvorum.server.config.ListenUrl;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.MemberConfig.Discovery;
import io.kvorum.server.discovery.DiscoveryFailure;
import io.kvorum.server.discovery.DnsDiscovery;
import io.kvorum.server.discovery.Registry;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a new data directory is founded with: whose it is, and who belongs to the cluster
/// (operations.md §5.1).
///
/// @param members of a founder, those of the first configuration; of a joiner, where it finds its
///   peers until the leader has sent it the state
record Foundation(long clusterId, MemberId self, List<Member> members, Kind kind) {
  private static final Logger log = LoggerFactory.getLogger(Foundation.class);

  Foundation {
    members = List.copyOf(members);
  }

  /// How a member comes to its cluster.
  enum Kind {
    /// One of the first members: they all start from the same state.
    FOUNDER,
    /// Added to a running cluster: starts from nothing, and belongs once the leader says so.
    JOINER
  }

  /// Decides it from the settings of a member whose data directory is new; asks its peers.
  ///
  /// @param version of the API that this member speaks
  /// @throws StartFailure with etcd's words if the settings and the peers do not allow it
  static Foundation of(MemberConfig config, ApiVersion version) throws StartFailure {
    MemberConfig.Identity named = named(config.identity());
    return switch (named.cluster().state()) {
      case NEW -> founder(met(named));
      case EXISTING -> joiner(named, version);
    };
  }

  /// The member in a cluster whose members are named, by the settings or by DNS.
  private static MemberConfig.Identity named(MemberConfig.Identity identity) throws StartFailure {
    if (identity.discovery() instanceof Discovery.Dns dns) {
      try {
        return checked(identity.in(DnsDiscovery.find(identity, dns)));
      } catch (DiscoveryFailure e) {
        throw new StartFailure(String.valueOf(e.getMessage()), e);
      }
    }
    return checked(identity);
  }

  /// The member in a cluster whose founders have met, if they have to.
  private static MemberConfig.Identity met(MemberConfig.Identity identity) throws StartFailure {
    if (!(identity.discovery() instanceof Discovery.Registry registry)) {
      return identity;
    }
    try {
      return checked(identity.in(Registry.join(identity, registry)));
    } catch (DiscoveryFailure e) {
      log.atWarn()
          .addKeyValue("discovery-token", registry.token())
          .addKeyValue("error", e.getMessage())
          .log("failed to bootstrap; discovery token was already used");
      log.atWarn().log("do not reuse discovery token; generate a new one to bootstrap a cluster");
      throw new StartFailure("failed to join discovery cluster (" + e.getMessage() + ")", e);
    }
  }

  private static MemberConfig.Identity checked(MemberConfig.Identity identity) throws StartFailure {
    Optional<String> refusal =
        identity.cluster().refusal(identity.name(), identity.advertised().peerUrls());
    if (refusal.isPresent()) {
      throw new StartFailure(refusal.get());
    }
    return identity;
  }

  private static Foundation founder(MemberConfig.Identity identity) throws StartFailure {
    InitialCluster cluster = identity.cluster();
    List<Member> founders =
        cluster.members().values().stream()
            .map(MemberIds::texts)
            .map(
                urls ->
                    Member.newBuilder()
                        .setId(MemberIds.ofFounder(urls, cluster.token()).value())
                        .addAllPeerUrls(urls)
                        .build())
            .toList();
    MemberId self = idOf(identity, founders);
    if (RemoteCluster.reachedFrom(identity.name(), cluster).hasStarted(self)) {
      throw alreadyStarted(self);
    }
    long clusterId =
        MemberIds.ofCluster(founders.stream().map(member -> new MemberId(member.getId())).toList());
    return new Foundation(clusterId, self, founders, Kind.FOUNDER);
  }

  private static Foundation joiner(MemberConfig.Identity identity, ApiVersion version)
      throws StartFailure {
    RemoteCluster remote = RemoteCluster.reachedFrom(identity.name(), identity.cluster());
    RemoteCluster.Known known =
        remote
            .ask()
            .orElseThrow(
                () ->
                    new StartFailure(
                        "cannot fetch cluster info from peer urls: could not retrieve cluster"
                            + " information from the given URLs"));
    Optional<String> mismatch = mismatch(identity.cluster().members(), known.members());
    if (mismatch.isPresent()) {
      throw new StartFailure("error validating peerURLs " + mismatch.get());
    }
    Optional<ReachedVersion> reached = remote.reached();
    if (reached.isPresent() && !reached.get().admits(version, FeatureLevel.NEWEST)) {
      throw new StartFailure(
          "incompatible with current running cluster: it has reached %s, this member speaks %s"
              .formatted(reached.get(), version));
    }
    MemberId self = idOf(identity, known.members());
    if (known.hasStarted(self)) {
      throw alreadyStarted(self);
    }
    return new Foundation(known.clusterId(), self, known.members(), Kind.JOINER);
  }

  /// A member without its data has forgotten its votes (raft.md M12).
  private static StartFailure alreadyStarted(MemberId self) {
    return new StartFailure(
        "member "
            + self
            + " has already been bootstrapped; if its data is lost, remove it from the cluster and"
            + " add it again");
  }

  /// Why the initial cluster is not the running one; empty if the members are the same, one to one.
  private static Optional<String> mismatch(
      Map<String, List<ListenUrl>> initial, List<Member> running) {
    String about = "{" + RemoteCluster.describe(running) + "}: ";
    if (initial.size() != running.size()) {
      return Optional.of(about + "member count is unequal");
    }
    List<List<String>> told = initial.values().stream().map(MemberIds::texts).toList();
    return running.stream()
        .filter(member -> !told.contains(member.getPeerUrlsList().stream().sorted().toList()))
        .findFirst()
        .map(
            stranger ->
                about
                    + "PeerURLs: no match found for existing member ("
                    + Long.toHexString(stranger.getId())
                    + ", "
                    + stranger.getPeerUrlsList()
                    + ")");
  }

  private static MemberId idOf(MemberConfig.Identity identity, List<Member> members) {
    List<String> own =
        MemberIds.texts(identity.cluster().members().getOrDefault(identity.name(), List.of()));
    return members.stream()
        .filter(member -> member.getPeerUrlsList().stream().sorted().toList().equals(own))
        .map(member -> new MemberId(member.getId()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("the initial cluster was not checked"));
  }
}
