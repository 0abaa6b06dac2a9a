package io.kvorum.server;

import io.grpc.BindableService;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.watch.WatchHub;
import io.kvorum.mvcc.watch.WatchLimits;
import io.kvorum.proto.command.ClusterVersion;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberAttributes;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.StartRefused;
import io.kvorum.raft.log.LogOptions;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.AppliedState;
import io.kvorum.raft.node.RaftNode;
import io.kvorum.raft.node.RaftNodeOptions;
import io.kvorum.raft.node.RaftPeers;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.Applier;
import io.kvorum.server.apply.ApplyLimits;
import io.kvorum.server.apply.AutoCompaction;
import io.kvorum.server.apply.CompactionSchedule;
import io.kvorum.server.apply.PeriodicSchedule;
import io.kvorum.server.apply.RevisionSchedule;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.ProposalId;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.grpc.ClientServices;
import io.kvorum.server.grpc.ClusterService;
import io.kvorum.server.grpc.Compactions;
import io.kvorum.server.grpc.ConfirmedReads;
import io.kvorum.server.grpc.KvReads;
import io.kvorum.server.grpc.KvService;
import io.kvorum.server.grpc.LeaderRequiredStreams;
import io.kvorum.server.grpc.LeaseService;
import io.kvorum.server.grpc.MaintenanceService;
import io.kvorum.server.grpc.ProgressTimers;
import io.kvorum.server.grpc.RangeThreads;
import io.kvorum.server.grpc.ReadBudget;
import io.kvorum.server.grpc.ReadBudgetLimits;
import io.kvorum.server.grpc.ResponseHeaders;
import io.kvorum.server.grpc.StatusReport;
import io.kvorum.server.grpc.StorageQuota;
import io.kvorum.server.grpc.StoreChores;
import io.kvorum.server.grpc.WatchService;
import io.kvorum.server.grpc.Writes;
import io.kvorum.server.observe.HttpEndpoints;
import io.kvorum.server.observe.ServerMetrics;
import io.kvorum.server.propose.ApplyBacklog;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.ProposalLimits;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.AppliedIndex;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadLimits;
import io.kvorum.server.transport.ClientPort;
import io.kvorum.server.transport.ListenPoint;
import io.kvorum.server.transport.NettyEventLoops;
import io.kvorum.server.transport.PortFailure;
import io.kvorum.server.transport.PortLimits;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
/// files → event loops → proposals and reads → state machine → Raft → services → client port
///
/// and taken apart in the opposite order. The only place that reads clocks and makes random
/// generators.
public final class Member implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Member.class);
  private static final LongSupplier CLOCK = System::nanoTime;
  private static final long TICK_MILLIS = 100;
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
  private final RaftEvents events;
  private @Nullable ClientPort port; // once it serves

  /// Starts a member and returns when it serves clients.
  ///
  /// @throws StartFailure if settings or environment do not allow it; nothing is left running
  static Member start(MemberConfig config, FatalErrors failures) throws StartFailure {
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
    Member member = new Member(config, files, failures, metrics);
    try {
      member.startRaft();
      member.join();
      member.serve();
      return member;
    } catch (StartFailure | RuntimeException e) {
      member.close();
      throw e;
    }
  }

  private Member(
      MemberConfig config, MemberFiles files, FatalErrors failures, ServerMetrics metrics) {
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
            (token, payload) -> raft().propose(token, payload),
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
                metrics.applied()),
            ApplyLimits.of(
                config.consensus().electionTimeout(), config.consensus().requestTimeout()),
            CLOCK,
            failures::stop);
    this.events = new RaftEvents(applier, proposals, reads, metrics, failures);
  }

  private ThreadFactory named(String name) {
    return Thread.ofPlatform()
        .name(name + "-", 0)
        .daemon(true)
        .uncaughtExceptionHandler(failures)
        .factory();
  }

  private MemberId self() {
    return files.directory().identity().memberId();
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

  private boolean knowsLeader() {
    return status().leader().isPresent();
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
              new AppliedState(applied, Configuration.ofVoters(List.of(self()))),
              events,
              RaftPeers.NONE,
              CLOCK,
              new Random(self().value() ^ files.recovery().recovered().bootEpoch())));
    } catch (StartRefused e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
    store.onDurable(index -> raft().stateDurable(index));
    applier.start(index -> raft().applied(index));
    var _ = clock.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
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
    } catch (RuntimeException | Error e) {
      failures.stop(e);
    }
  }

  /// Waits until everything known to be committed is applied, so that no client sees revisions
  /// fall, and until the cluster knows this member's name and client URLs.
  private void join() throws StartFailure {
    try {
      events.awaitLeader();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure("interrupted while waiting for a leader", e);
    }
    propose(
        LogCommand.newBuilder()
            .setMemberAttributes(
                MemberAttributes.newBuilder()
                    .setMemberId(self().value())
                    .setName(config.identity().name())
                    .addAllClientUrls(
                        MemberFiles.texts(config.identity().advertised().clientUrls()))));
    if (applier.clusterState().version().isEmpty()) {
      propose(
          LogCommand.newBuilder()
              .setClusterVersion(
                  ClusterVersion.newBuilder().setVersion(minorVersion()).setFeatureLevel(1)));
    }
  }

  /// The version that all releases of one minor share.
  private String minorVersion() {
    String version = config.reportedVersion();
    return version.substring(0, version.lastIndexOf('.')) + ".0";
  }

  private void propose(LogCommand.Builder command) throws StartFailure {
    CompletableFuture<ApplyResult> applied = new CompletableFuture<>();
    proposals.submit(
        command,
        Runnable::run,
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {
            applied.complete(result);
          }

          @Override
          public void failed(ProposalFailure failure) {
            applied.completeExceptionally(new IllegalStateException(failure.toString()));
          }
        });
    try {
      applied.join();
    } catch (CompletionException e) {
      throw new StartFailure("the member could not publish its attributes: " + e.getCause(), e);
    }
  }

  private void serve() throws StartFailure {
    ResponseHeaders headers =
        new ResponseHeaders(
            files.directory().identity().clusterId(), self(), () -> status().term());
    StorageQuota quota = new StorageQuota(quotaFlag(), files.store()::logicalBytes);
    LeaderRequiredStreams leaderStreams = new LeaderRequiredStreams(this::knowsLeader, loops);
    int maxRequestBytes = Math.toIntExact(config.requests().maxRequestBytes());
    Random jitter = new Random(CLOCK.getAsLong());
    WatchService watchService =
        new WatchService(
            watches,
            headers,
            loops,
            new ProgressTimers(
                clock, jitter::nextDouble, config.requests().watchProgressInterval()),
            maxRequestBytes);
    ReadBudget budget = new ReadBudget(readLimits(), CLOCK);
    List<BindableService> services = services(headers, quota, budget, watchService);
    ClientServices clients =
        new ClientServices(
            maxRequestBytes, this::knowsLeader, leaderStreams, metrics.calls(), CLOCK);
    metrics.observe(
        new ServerMetrics.Sources(
            files.store(),
            this::status,
            watches.counts(),
            proposals::waitingCommands,
            type -> hasRaised(type),
            quota.quotaBytes(),
            config.reportedVersion()));
    listen(clients, services);
    every(config.consensus().electionTimeout().toMillis(), leaderStreams::electionTimeoutElapsed);
    every(TICK_MILLIS, budget::tick);
    compactionSchedule()
        .ifPresent(
            schedule -> {
              AutoCompaction compaction =
                  new AutoCompaction(schedule, files.store()::head, this::leads, proposals);
              every(TICK_MILLIS, () -> compaction.tick(CLOCK.getAsLong()));
            });
    for (MemberConfig.Listeners.Served served : config.listeners().served()) {
      log.atInfo().log("ready to serve client requests");
      log.atInfo()
          .addKeyValue("traffic", served.traffic())
          .addKeyValue("address", served.url().address())
          .log("serving client traffic insecurely; this is strongly discouraged!");
    }
  }

  private boolean hasRaised(AlarmType type) {
    return applier.clusterState().alarms().all().stream()
        .anyMatch(alarm -> alarm.getAlarm() == type && alarm.getMemberID() == self().value());
  }

  private boolean leads() {
    return status().role() == RoleKind.LEADER;
  }

  private Optional<CompactionSchedule> compactionSchedule() {
    long nowNanos = CLOCK.getAsLong();
    return switch (config.storage().compaction()) {
      case MemberConfig.AutoCompaction.Off() -> Optional.empty();
      case MemberConfig.AutoCompaction.Periodic(var retention) ->
          Optional.of(new PeriodicSchedule(retention, nowNanos));
      case MemberConfig.AutoCompaction.Revisions(var revisions) ->
          Optional.of(new RevisionSchedule(revisions, nowNanos));
    };
  }

  private void every(long millis, Runnable body) {
    var _ =
        clock.scheduleAtFixedRate(
            () -> {
              try {
                body.run();
              } catch (RuntimeException | Error e) {
                failures.stop(e);
              }
            },
            millis,
            millis,
            TimeUnit.MILLISECONDS);
  }

  private long quotaFlag() {
    OptionalLong quota = config.storage().quotaBytes();
    return quota.isPresent() ? quota.getAsLong() : -1;
  }

  private ReadBudgetLimits readLimits() {
    long bytes = config.requests().readMemoryBytes();
    return bytes > 0
        ? ReadBudgetLimits.ofBytes(bytes)
        : ReadBudgetLimits.ofMemory(Runtime.getRuntime().maxMemory());
  }

  private List<BindableService> services(
      ResponseHeaders headers, StorageQuota quota, ReadBudget budget, WatchService watchService) {
    MvccStore store = files.store();
    Writes writes =
        new Writes(metrics.requests().around(proposals::submit), quota, headers, loops, self());
    ConfirmedReads confirmed =
        new ConfirmedReads(metrics.requests().around(reads::whenReady), loops);
    KvReads kvReads =
        new KvReads(
            confirmed,
            headers,
            loops,
            new KvReads.ReadResources(
                store, rangeThreads, budget, Math.toIntExact(config.requests().maxRequestBytes())));
    Compactions compactions =
        new Compactions(
            writes, headers, loops, () -> store.compactPhysically(store.compactedRevision()));
    long minTtl = (config.consensus().electionTimeout().multipliedBy(3).toMillis() + 1999) / 2000;
    return List.of(
        new KvService(config.requests().maxTxnOperations(), writes, kvReads, compactions),
        watchService,
        new LeaseService(
            writes,
            metrics.requests().around(applier.lessor()),
            headers,
            loops,
            new LeaseService.LeaseGrants(minTtl, new Random(CLOCK.getAsLong()))),
        new ClusterService(() -> members(), confirmed, headers),
        new MaintenanceService(
            writes,
            new StatusReport(
                store,
                quota,
                this::status,
                () -> applier.clusterState().alarms().all(),
                new StatusReport.Versions(config.reportedVersion(), minorVersion())),
            new StoreChores(
                store, rangeThreads, background, metrics.timedDefragmentation(store::defragment)),
            headers));
  }

  private List<io.kvorum.proto.etcd.Member> members() {
    return applier.clusterState().membership().getMembersList().stream()
        .map(
            member ->
                io.kvorum.proto.etcd.Member.newBuilder()
                    .setID(member.getId())
                    .setName(member.getName())
                    .addAllPeerURLs(member.getPeerUrlsList())
                    .addAllClientURLs(member.getClientUrlsList())
                    .setIsLearner(member.getLearner())
                    .build())
        .toList();
  }

  private void listen(ClientServices clients, List<BindableService> services) throws StartFailure {
    HttpEndpoints http =
        new HttpEndpoints(
            config.listeners().http(),
            new MemberProbes(
                files.store(), this::knowsLeader, () -> applier.clusterState().alarms(), reads),
            metrics,
            new HttpEndpoints.Facts(this::versionJson, this::variablesJson, metrics::text),
            background);
    ListenPoint.GrpcCalls calls =
        new ListenPoint.GrpcCalls(
            clients.bind(services),
            List.of(),
            List.of(ClientServices.resets(), metrics.messageSizes()));
    try {
      port =
          ClientPort.open(
              PortLimits.of(config),
              loops,
              ListenPoint.of(config.listeners(), calls, http, HttpEndpoints.ofMetricsUrl(http)));
    } catch (PortFailure e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private String versionJson() {
    return "{\"etcdserver\":\"%s\",\"etcdcluster\":\"%s\",\"storage\":\"%s\"}"
        .formatted(config.reportedVersion(), clusterVersion(), minorVersion());
  }

  private String clusterVersion() {
    return applier
        .clusterState()
        .version()
        .map(io.kvorum.proto.storage.ClusterVersion::getClusterVersion)
        .orElse("not_decided");
  }

  private String variablesJson() {
    RaftStatus now = status();
    Runtime runtime = Runtime.getRuntime();
    return ("{\"cmdline\":[\"kvorum\"],\"file_descriptor_limit\":%d,"
            + "\"memstats\":{\"HeapAlloc\":%d,\"HeapSys\":%d},"
            + "\"raft.status\":{\"id\":\"%s\",\"term\":%d,\"commit\":%d,\"applied\":%d}}")
        .formatted(
            PortLimits.openFileLimit(),
            runtime.totalMemory() - runtime.freeMemory(),
            runtime.totalMemory(),
            now.self(),
            now.term(),
            now.commitIndex(),
            now.appliedIndex());
  }

  /// Stops in etcd's order: no new connections, calls in progress may end, then the log, the state.
  @Override
  public void close() {
    log.atInfo().addKeyValue("name", config.identity().name()).log("closing etcd server");
    if (port != null) {
      port.close();
    }
    proposals.close();
    reads.close();
    clock.shutdownNow();
    RaftNode node = raft.get();
    if (node != null) {
      node.close();
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
