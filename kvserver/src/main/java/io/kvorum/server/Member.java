package io.kvorum.server;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.watch.WatchHub;
import io.kvorum.mvcc.watch.WatchLimits;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.StartRefused;
import io.kvorum.raft.log.LogOptions;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.AppliedState;
import io.kvorum.raft.node.RaftNode;
import io.kvorum.raft.node.RaftNodeOptions;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.AppliedListener;
import io.kvorum.server.apply.Applier;
import io.kvorum.server.apply.ApplyLimits;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.command.ProposalId;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.grpc.RangeThreads;
import io.kvorum.server.observe.ServerMetrics;
import io.kvorum.server.propose.ApplyBacklog;
import io.kvorum.server.propose.ProposalLimits;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.AppliedIndex;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadLimits;
import io.kvorum.server.transport.NettyEventLoops;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running member. Everything it consists of is built here, in order, with constructors:
///
/// files → event loops → proposals and reads → state machine → [ClusterSide] → Raft → [ClientSide]
///
/// and taken apart in the opposite order. The only place that reads clocks and makes random
/// generators.
public final class Member implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Member.class);
  private static final LongSupplier CLOCK = System::nanoTime;
  private static final long TICK_MILLIS = 100;
  private static final long APPLIED_POLL_MILLIS = 5;
  private static final int BOOT_EPOCH_SHIFT = 32;

  private final MemberConfig config;
  private final MemberFiles files;
  private final FatalErrors failures;
  private final ServerMetrics metrics;
  private final AtomicReference<RaftNode> raft = new AtomicReference<>();
  private final NettyEventLoops loops;
  private final ExecutorService background;
  private final RangeThreads rangeThreads;
  private final ScheduledExecutorService clock;
  private final AppliedIndex appliedIndex;
  private final Proposals proposals;
  private final LinearizableReads reads;
  private final WatchHub watches;
  private final Applier applier;
  private final Checkpoints checkpoints;
  private final RaftEvents events;
  private final ClusterSide cluster;
  private @Nullable ClientSide clients; // once it serves

  /// Starts a member and returns when it serves clients.
  ///
  /// @throws StartFailure if settings or environment do not allow it; nothing is left running
  ///
  /// @param removed told once if the member was removed from its cluster for good: it should stop
  static Member start(MemberConfig config, FatalErrors failures, Runnable removed)
      throws StartFailure {
    log.atInfo()
        .addKeyValue("name", config.identity().name())
        .addKeyValue("data-dir", config.identity().dataDirectory())
        .addKeyValue("etcd-version", config.reportedVersion())
        .addKeyValue("snapshot-count", config.storage().snapshotEntries())
        .addKeyValue("snapshot-catchup-entries", config.storage().catchUpEntries())
        .log("starting an etcd server");
    ServerMetrics metrics = new ServerMetrics(config.observation(), CLOCK);
    LogOptions logOptions =
        LogOptions.defaults(CLOCK)
            .withSync(
                config.storage().durability() == MemberConfig.Durability.NO_FSYNC
                    ? LogOptions.Sync.NEVER
                    : LogOptions.Sync.ALWAYS)
            .withListener(metrics.logDisk());
    MemberFiles files = MemberFiles.open(config, logOptions);
    Member member = new Member(config, files, failures, metrics, removed);
    try {
      member.cluster.refuseTwin();
      member.startRaft();
      member.join();
      member.cluster.refuseInconsistency();
      member.serve();
      return member;
    } catch (StartFailure | RuntimeException e) {
      member.close();
      throw e;
    }
  }

  private Member(
      MemberConfig config,
      MemberFiles files,
      FatalErrors failures,
      ServerMetrics metrics,
      Runnable removed) {
    this.config = config;
    this.files = files;
    this.failures = failures;
    this.metrics = metrics;
    int cores = Runtime.getRuntime().availableProcessors();
    this.loops = NettyEventLoops.start(NettyEventLoops.loopsFor(cores));
    this.background = Executors.newCachedThreadPool(named("background"));
    this.rangeThreads = RangeThreads.start(cores, failures);
    this.clock = Executors.newSingleThreadScheduledExecutor(named("clock"));
    long bootEpoch = files.recovery().recovered().bootEpoch();
    ApplyBacklog backlog = new ApplyBacklog();
    this.appliedIndex = new AppliedIndex(files.store().appliedIndex());
    this.proposals =
        new Proposals(
            new ProposalId.Proposer(self(), bootEpoch),
            ProposalLimits.of(config.consensus().electionTimeout())
                .withRequestBytes(Math.toIntExact(config.requests().maxRequestBytes())),
            this::propose,
            backlog,
            CLOCK);
    this.reads =
        new LinearizableReads(
            token -> raft().readIndex(token),
            appliedIndex,
            ReadLimits.of(config.consensus().requestTimeout()),
            CLOCK,
            bootEpoch << BOOT_EPOCH_SHIFT);
    this.watches = new WatchHub(files.store(), WatchLimits.STANDARD, background);
    this.applier =
        new Applier(
            new Applier.Parts(
                files.store(),
                proposals,
                backlog,
                watches::publish,
                appliedIndex,
                metrics.applied(),
                new Applied(),
                files.snapshots().installerOf(files.store())),
            ApplyLimits.of(
                config.consensus().electionTimeout(), config.consensus().requestTimeout()),
            CLOCK,
            failures::stop);
    this.checkpoints =
        new Checkpoints(
            config.storage().snapshotEntries(),
            appliedIndex::get,
            files.store()::flushSoon,
            files.store().appliedIndex(),
            CLOCK);
    this.cluster =
        new ClusterSide(
            config,
            new ClusterSide.Parts(files, this::raft, applier, proposals, reads, metrics),
            bootEpoch << BOOT_EPOCH_SHIFT,
            CLOCK,
            failures,
            removed);
    this.events = new RaftEvents(applier, proposals, reads, cluster, metrics, failures);
  }

  private ThreadFactory named(String name) {
    return Thread.ofPlatform()
        .name(name + "-", 0)
        .daemon(true)
        .uncaughtExceptionHandler(failures)
        .factory();
  }

  private MemberId self() {
    return files.self();
  }

  private RaftNode raft() {
    RaftNode node = raft.get();
    if (node == null) {
      throw new IllegalStateException("the Raft node has not started yet");
    }
    return node;
  }

  private RaftStatus status() {
    return raft().status();
  }

  private void startRaft() throws StartFailure {
    MvccStore store = files.store();
    store.onFailure(failures::stop);
    EntryId applied = files.applied();
    try {
      raft.set(
          RaftNode.start(
              raftOptions(),
              files.recovery().log(),
              files.recovery().recovered(),
              new AppliedState(applied, files.configuration()),
              events,
              cluster.peers(),
              CLOCK,
              new Random(self().value() ^ files.recovery().recovered().bootEpoch())));
    } catch (StartRefused e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
    store.onDurable(
        index -> {
          checkpoints.stateDurable(index);
          cluster.stateDurable(index);
        });
    applier.start();
    awaitApplied(files.recovery().recovered().committedConfiguration());
    cluster.open();
    var _ = clock.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void awaitApplied(long index) throws StartFailure {
    try {
      while (appliedIndex.get() < index) {
        Thread.sleep(APPLIED_POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure("interrupted while applying the log", e);
    }
  }

  /// A tick is a heartbeat interval, as in etcd.
  private RaftNodeOptions raftOptions() {
    MemberConfig.Consensus consensus = config.consensus();
    RaftOptions core = RaftOptions.defaults();
    long timeoutTicks = consensus.electionTimeout().dividedBy(consensus.heartbeatInterval());
    long tailEntries = Math.min(config.storage().catchUpEntries(), Integer.MAX_VALUE);
    return RaftNodeOptions.of(
        self(),
        core.withElection(
                new RaftOptions.Election(
                    Math.toIntExact(timeoutTicks), 1, consensus.preVote(), true))
            .withTail(new RaftOptions.Tail((int) tailEntries, core.tail().bytes())),
        consensus.heartbeatInterval());
  }

  private void tick() {
    try {
      long now = CLOCK.getAsLong();
      proposals.tick(now);
      reads.tick(now);
      cluster.tick(now);
      checkpoints.tick(now);
    } catch (RuntimeException | Error e) {
      failures.stop(e);
    }
  }

  /// Waits until the cluster knows this member, and this member knows everything that was committed
  /// before.
  private void join() throws StartFailure {
    Announcement announcement =
        new Announcement(config, self().value(), proposals, applier::clusterState, background);
    try {
      announcement.make().get();
    } catch (ExecutionException e) {
      throw new StartFailure(String.valueOf(e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure("interrupted while joining the cluster", e);
    }
  }

  private void serve() throws StartFailure {
    clients =
        ClientSide.open(
            config,
            new ClientSide.Parts(
                files, this::status, proposals, reads, watches, applier, cluster, metrics, loops),
            new ClientSide.Threads(background, rangeThreads, clock, CLOCK),
            failures);
  }

  private boolean propose(long token, EntryKind kind, ByteString payload) {
    return switch (kind) {
      case NORMAL -> raft().propose(token, payload);
      case CONFIGURATION -> cluster.proposeChange(token, payload);
    };
  }

  /// Takes what the thread `apply` tells to Raft and to the peers.
  private final class Applied implements AppliedListener {
    @Override
    public void configured(long index, Configuration configuration) {
      raft().configurationApplied(index, configuration);
    }

    @Override
    public void membershipChanged(ClusterState state) {
      cluster.follow();
    }

    @Override
    public void applied(long index) {
      raft().applied(index);
    }
  }

  /// Stops so that clients notice little: first somebody else leads, then requests in progress are
  /// answered and clients sent elsewhere, then the log, the state.
  @Override
  public void close() {
    log.atInfo().addKeyValue("name", config.identity().name()).log("closing etcd server");
    if (raft.get() != null) {
      cluster.handOver();
    }
    if (clients != null) {
      clients.close();
    }
    cluster.failQuestions();
    proposals.close();
    reads.close();
    clock.shutdownNow();
    RaftNode node = raft.get();
    if (node != null) {
      node.close();
    }
    cluster.close();
    if (node != null) {
      applier.close();
    }
    watches.close();
    rangeThreads.close();
    background.shutdownNow();
    files.close();
    loops.close();
    log.atInfo().addKeyValue("name", config.identity().name()).log("closed etcd server");
  }
}
