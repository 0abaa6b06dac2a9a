package io.kvorum.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftNode;
import io.kvorum.raft.node.RaftPeers;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.raft.peer.PeerIdentity;
import io.kvorum.raft.snapshot.SnapshotSender;
import io.kvorum.server.apply.Applier;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.cluster.CallAnswers;
import io.kvorum.server.cluster.ClusterVersions;
import io.kvorum.server.cluster.Connections;
import io.kvorum.server.cluster.LeaderChanges;
import io.kvorum.server.cluster.LeaderSide;
import io.kvorum.server.cluster.LeadershipMoves;
import io.kvorum.server.cluster.PeerAnswer;
import io.kvorum.server.cluster.PeerPoll;
import io.kvorum.server.cluster.PeerSide;
import io.kvorum.server.cluster.Reconfiguration;
import io.kvorum.server.cluster.RemoteCluster;
import io.kvorum.server.command.FeatureLevel;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.corruption.CorruptionChecks;
import io.kvorum.server.corruption.KeyHashes;
import io.kvorum.server.observe.PeerMetrics;
import io.kvorum.server.observe.ServerMetrics;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.LinearizableReads;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The member and the others: the way to them, the port they come in by, what they are asked and
/// answered, the snapshots between them, the rules for changes of the membership. The counterpart
/// of [ClientSide].
final class ClusterSide implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ClusterSide.class);

  /// The others hear of a new leader with its first heartbeat, whatever the network.
  private static final int LATECOMER_HEARTBEATS = 5;

  /// Of an election timeout: how long a member that starts waits for connections to the others,
  /// which redial it now and then.
  private static final int CONNECTING_TIMEOUTS = 2;

  private final MemberConfig config;
  private final Parts parts;
  private final FatalErrors failures;
  private final Runnable whenRemoved;
  private final AtomicBoolean isRemoved = new AtomicBoolean();
  private final PeerSide peers;
  private final MemberSnapshots snapshots;
  private final LeadershipMoves moves;
  private final Connections connections;
  private final Reconfiguration reconfiguration;
  private final LeaderSide leader;
  private final KeyHashes hashes;
  private final CorruptionChecks checks;
  private final ClusterVersions versions;
  private final PeerMetrics meter;
  private final Object following = new Object();

  @GuardedBy("following")
  private boolean isOpen;

  /// What it works with.
  ///
  /// @param raft the node, asked for only once it runs
  record Parts(
      MemberFiles files,
      Supplier<RaftNode> raft,
      Applier applier,
      Proposals proposals,
      LinearizableReads reads,
      ServerMetrics metrics) {}

  /// Nobody is connected before [#open].
  ///
  /// @param firstToken above every token that an earlier boot has used
  /// @param whenRemoved told once if the member was removed from its cluster for good
  ClusterSide(
      MemberConfig config,
      Parts parts,
      long firstToken,
      LongSupplier nanoClock,
      FatalErrors failures,
      Runnable whenRemoved) {
    this.config = config;
    this.parts = parts;
    this.failures = failures;
    this.whenRemoved = whenRemoved;
    this.connections = new Connections(nanoClock);
    this.hashes =
        new KeyHashes(
            parts.files().store(),
            config.checks().compactionInterval().isZero()
                ? KeyHashes.Compactions.IGNORED
                : KeyHashes.Compactions.REMEMBERED,
            failures::stop);
    this.reconfiguration =
        new Reconfiguration(
            self(),
            config.consensus().reconfigurationChecks(),
            config.consensus().maxLearners(),
            parts.applier()::clusterState,
            connections);
    this.moves =
        new LeadershipMoves(
            self(),
            new Core(),
            parts.applier()::clusterState,
            connections,
            config.consensus().requestTimeout());
    this.meter = parts.metrics().peersOf(self());
    this.peers =
        new PeerSide(
            new PeerIdentity(
                parts.files().directory().identity().clusterId(),
                self(),
                parts.files().directory().identity().storeUuid(),
                parts.files().recovery().recovered().bootEpoch()),
            parts.files().knownPeers(),
            new PeerEvents(),
            parts.applier()::clusterState,
            connections,
            meter,
            new Random(nanoClock.getAsLong()));
    this.leader =
        new LeaderSide(
            new LeaderSide.Parts(
                () -> parts.raft().get().status(),
                parts.applier(),
                parts.reads(),
                parts.files().store()::head,
                new Core(),
                parts.proposals(),
                new OwnFacts()),
            peers::send,
            firstToken,
            config.consensus().requestTimeout(),
            nanoClock);
    PeerPoll poll = new PeerPoll(leader.calls());
    this.checks =
        new CorruptionChecks(
            new CorruptionChecks.Parts(
                self(),
                hashes,
                poll,
                parts.reads()::whenReady,
                parts.applier()::clusterState,
                this::leads,
                parts.proposals()),
            new CorruptionChecks.Intervals(
                config.checks().interval(), config.checks().compactionInterval()),
            config.consensus().requestTimeout(),
            nanoClock);
    this.versions =
        new ClusterVersions(
            self(),
            ownVersion(),
            parts.applier()::clusterState,
            this::leads,
            poll,
            parts.proposals());
    this.snapshots =
        new MemberSnapshots(
            parts.files(),
            config.storage().catchUpEntries(),
            peers.snapshots(),
            parts.raft(),
            parts.metrics().snapshots(),
            nanoClock);
  }

  private MemberId self() {
    return parts.files().self();
  }

  private boolean leads() {
    return parts.raft().get().status().role() == RoleKind.LEADER;
  }

  private PeerAnswer.Version ownVersion() {
    return new PeerAnswer.Version(config.reportedVersion(), FeatureLevel.NEWEST);
  }

  /// The way of Raft's messages.
  RaftPeers peers() {
    return peers;
  }

  SnapshotSender snapshotSender() {
    return snapshots.sender();
  }

  LeadershipMoves moves() {
    return moves;
  }

  Reconfiguration reconfiguration() {
    return reconfiguration;
  }

  /// Answers lease requests, wherever the leader is.
  Lessor lessor() {
    return leader.lessor();
  }

  /// A copy of a running member's data directory must not start: it would take the member's place
  /// among its peers, and what both have voted for and acknowledged since would contradict.
  ///
  /// @throws StartFailure if one answers at the member's own peer URLs
  void refuseTwin() throws StartFailure {
    List<String> ownUrls =
        parts.applier().clusterState().membership().getMembersList().stream()
            .filter(member -> member.getId() == self().value())
            .flatMap(member -> member.getPeerUrlsList().stream())
            .toList();
    Optional<String> twin =
        RemoteCluster.twinOf(self(), parts.files().directory().identity().clusterId(), ownUrls);
    if (twin.isPresent()) {
      throw new StartFailure(
          "member "
              + self()
              + " is running already at "
              + twin.get()
              + "; a copy of its data directory must not be started");
    }
  }

  /// A member that has been running before must not serve other data than its peers have.
  ///
  /// @throws StartFailure if one of those that answer has other data at the same revision
  void refuseInconsistency() throws StartFailure {
    if (config.checks().atStart() == MemberConfig.DataChecks.AtStart.TRUSTED
        || parts.files().isFirstBoot()) {
      return;
    }
    try {
      awaitConnections();
      if (checks.differsFromPeers().get()) {
        throw new StartFailure(self() + " found data inconsistency with peers");
      }
    } catch (ExecutionException e) {
      throw new StartFailure(self() + " failed to fetch hash (" + e.getCause() + ")", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure("interrupted while comparing data with peers", e);
    }
  }

  /// Returns when all others are connected, or most likely will not be.
  private void awaitConnections() throws InterruptedException {
    Duration step = config.consensus().heartbeatInterval();
    long steps =
        config.consensus().electionTimeout().multipliedBy(CONNECTING_TIMEOUTS).dividedBy(step);
    for (long i = 0; i < steps && !areOthersConnected(); i++) {
      Thread.sleep(step);
    }
  }

  private boolean areOthersConnected() {
    return parts.applier().clusterState().membership().getMembersList().stream()
        .map(member -> new MemberId(member.getId()))
        .allMatch(member -> member.equals(self()) || connections.upTime(member).isPresent());
  }

  /// Connects to the others and opens the port for them. The Raft node runs, and every
  /// configuration is applied that was known to be committed: the members of an earlier one may
  /// have been removed by force, and their messages contradict what this member has committed.
  ///
  /// @throws StartFailure if the port cannot be opened
  void open() throws StartFailure {
    synchronized (following) {
      isOpen = true;
    }
    follow();
    try {
      peers.listen(config.listeners().peerUrls(), snapshots.inbox());
    } catch (IOException e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /// Connects to the members of the newest state, and finds out whether this one still belongs; not
  /// before [#open].
  void follow() {
    ClusterState state;
    synchronized (following) {
      if (!isOpen) {
        return;
      }
      state = parts.applier().clusterState();
      followPeers(state);
    }
    if (state.isRemoved(self())) {
      removed();
    }
  }

  private void followPeers(ClusterState state) {
    peers.follow(state);
    meter.follow(
        state.membership().getMembersList().stream()
            .map(member -> new MemberId(member.getId()))
            .collect(Collectors.toSet()));
  }

  /// Takes a membership change on its way to the leader; see
  /// [io.kvorum.server.cluster.ChangeRoute].
  boolean proposeChange(long token, ByteString payload) {
    return leader.changes().propose(token, payload);
  }

  /// Takes Raft's refusal of a proposal.
  ///
  /// @return false if it is not another member's
  boolean refused(long token, ProposalRefusal refusal) {
    return leader.refused(token, refusal);
  }

  /// Takes that the state up to `index` is durable.
  void stateDurable(long index) {
    snapshots.stateDurable(index);
  }

  /// Looks at the clock. Called a few times per second.
  void tick(long nowNanos) {
    leader.tick(nowNanos);
    checks.tick(nowNanos);
    versions.tick(nowNanos);
  }

  /// A leader that stops hands over first, so that the others need not miss it to go on.
  void handOver() {
    Optional<MemberId> successor = moves.successor();
    if (successor.isPresent()) {
      log.atInfo().addKeyValue("transferee", successor.get()).log("leadership transfer starting");
      LeadershipMoves.Outcome outcome =
          moves
              .moveTo(successor.get())
              .completeOnTimeout(
                  LeadershipMoves.Outcome.TIMED_OUT,
                  config.consensus().electionTimeout().toMillis(), // Raft gives it up then (L4)
                  TimeUnit.MILLISECONDS)
              .join();
      log.atInfo().addKeyValue("outcome", outcome).log("leadership transfer finished");
      refuseLatecomers();
    }
  }

  /// What the others passed on before they heard of the new leader arrives a little later. It is
  /// refused, and so proposed again, as long as this member listens; after that, nobody could tell
  /// its client whether it was done.
  private void refuseLatecomers() {
    try {
      Thread.sleep(config.consensus().heartbeatInterval().multipliedBy(LATECOMER_HEARTBEATS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Says once that the member was removed from its cluster.
  private void removed() {
    if (isRemoved.compareAndSet(false, true)) {
      log.atWarn()
          .log(
              "the member has been permanently removed from the cluster; its data directory must"
                  + " be removed");
      whenRemoved.run();
    }
  }

  /// The Raft node, once it runs, for what is built before.
  private final class Core implements LeaderChanges.Raft, LeadershipMoves.Raft {
    @Override
    public RaftStatus status() {
      return parts.raft().get().status();
    }

    @Override
    public Map<MemberId, Long> matchedIndexes() {
      return parts.raft().get().matchedIndexes();
    }

    @Override
    public boolean proposeChange(long token, ConfigChange change, ByteString payload) {
      return parts.raft().get().proposeChange(token, change, payload);
    }

    @Override
    public boolean transferLeadership(long token, MemberId target) {
      return parts.raft().get().transferLeadership(token, target);
    }
  }

  /// What the member says about itself.
  private final class OwnFacts implements CallAnswers.OwnFacts {
    @Override
    public CompletableFuture<PeerAnswer.Hash> hash(long revision) {
      return hashes.at(revision);
    }

    @Override
    public PeerAnswer.Version version() {
      return ownVersion();
    }
  }

  /// Takes what the peers send and say.
  private final class PeerEvents implements PeerSide.Owner {
    @Override
    public void received(Envelope envelope) {
      if (!parts.raft().get().receive(envelope)) {
        meter.droppedIncoming(envelope.from()); // too much waits; lost, as on the wire
      }
    }

    @Override
    public void noted(MemberId from, ByteString note) {
      leader.noted(from, note);
    }

    @Override
    public void unreachable(MemberId peer) {
      parts.raft().get().unreachable(peer);
      leader.connectionLost(peer);
    }

    @Override
    public void gone(MemberId peer) {
      parts.raft().get().gone(peer);
    }

    @Override
    public void disconnected(MemberId peer) {
      leader.connectionLost(peer);
    }

    @Override
    public void removed() {
      ClusterSide.this.removed();
    }

    @Override
    public void failed(Throwable cause) {
      failures.stop(cause);
    }

    @Override
    public Optional<String> page(String path) {
      return path.equals("/version")
          ? Optional.of(VersionPage.forPeers(config, parts.applier().clusterState()))
          : Optional.empty();
    }
  }

  /// Fails what is asked of the leader, and everything that is asked from now on.
  void failQuestions() {
    leader.close();
  }

  /// Lets all others go. The Raft node has ended.
  @Override
  public void close() {
    hashes.close();
    snapshots.close();
    peers.close();
  }
}
