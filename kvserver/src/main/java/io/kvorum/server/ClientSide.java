package io.kvorum.server;

import io.grpc.BindableService;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.watch.WatchHub;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.Applier;
import io.kvorum.server.apply.AutoCompaction;
import io.kvorum.server.apply.CompactionSchedule;
import io.kvorum.server.apply.PeriodicSchedule;
import io.kvorum.server.apply.RevisionSchedule;
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
import io.kvorum.server.grpc.MemberStanding;
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
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.transport.ClientPort;
import io.kvorum.server.transport.ListenPoint;
import io.kvorum.server.transport.NettyEventLoops;
import io.kvorum.server.transport.PortFailure;
import io.kvorum.server.transport.PortLimits;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What clients see of a running member: the services and the HTTP endpoints on its port, and the
/// chores that go on while it serves. Built once the member takes part in its cluster.
final class ClientSide implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ClientSide.class);
  private static final long TICK_MILLIS = 100;

  /// What the services work with.
  record Parts(
      MemberFiles files,
      Supplier<RaftStatus> status,
      Proposals proposals,
      LinearizableReads reads,
      WatchHub watches,
      Applier applier,
      ClusterSide cluster,
      ServerMetrics metrics,
      NettyEventLoops loops) {}

  /// Where work that must not hold up an event loop is done.
  record Threads(
      ExecutorService background,
      RangeThreads rangeThreads,
      ScheduledExecutorService clock,
      LongSupplier nanoClock) {}

  private final MemberConfig config;
  private final Parts parts;
  private final Threads threads;
  private final FatalErrors failures;
  private final MemberStanding standing = new Standing();
  private @Nullable ClientPort port; // once it is open
  private boolean wasLed = true; // an election timeout ago; the thread `clock`

  private ClientSide(MemberConfig config, Parts parts, Threads threads, FatalErrors failures) {
    this.config = config;
    this.parts = parts;
    this.threads = threads;
    this.failures = failures;
  }

  /// Opens the port: clients are served when this returns.
  ///
  /// @throws StartFailure if the port cannot be opened
  static ClientSide open(MemberConfig config, Parts parts, Threads threads, FatalErrors failures)
      throws StartFailure {
    ClientSide side = new ClientSide(config, parts, threads, failures);
    try {
      side.serve();
      return side;
    } catch (StartFailure | RuntimeException e) {
      side.close();
      throw e;
    }
  }

  /// How the member stands, for the services.
  private final class Standing implements MemberStanding {
    @Override
    public boolean knowsLeader() {
      return ClientSide.this.knowsLeader();
    }

    @Override
    public boolean isLearner() {
      return parts.applier().clusterState().isLearner(parts.files().self());
    }
  }

  private RaftStatus status() {
    return parts.status().get();
  }

  private boolean knowsLeader() {
    return status().leader().isPresent();
  }

  private void serve() throws StartFailure {
    ResponseHeaders headers =
        new ResponseHeaders(
            parts.files().directory().identity().clusterId(),
            parts.files().self(),
            () -> status().term());
    StorageQuota quota = new StorageQuota(quotaFlag(), parts.files().store()::logicalBytes);
    LeaderRequiredStreams leaderStreams =
        new LeaderRequiredStreams(this::knowsLeader, parts.loops());
    int maxRequestBytes = Math.toIntExact(config.requests().maxRequestBytes());
    Random jitter = new Random(threads.nanoClock().getAsLong());
    WatchService watchService =
        new WatchService(
            parts.watches(),
            headers,
            parts.loops(),
            new ProgressTimers(
                threads.clock(), jitter::nextDouble, config.requests().watchProgressInterval()),
            maxRequestBytes);
    ReadBudget budget = new ReadBudget(readLimits(), threads.nanoClock());
    List<BindableService> services = services(headers, quota, budget, watchService);
    ClientServices clients =
        new ClientServices(
            maxRequestBytes, standing, leaderStreams, parts.metrics().calls(), threads.nanoClock());
    parts
        .metrics()
        .observe(
            new ServerMetrics.Sources(
                parts.files().store(),
                parts.status(),
                parts.watches().counts(),
                parts.proposals()::waitingCommands,
                standing::isLearner,
                parts.applier()::clusterState,
                quota.quotaBytes(),
                config.reportedVersion()));
    listen(clients, services);
    every(
        config.consensus().electionTimeout().toMillis(),
        () -> {
          leaderStreams.electionTimeoutElapsed();
          recommendIfLed();
        });
    every(TICK_MILLIS, budget::tick);
    compactionSchedule()
        .ifPresent(
            schedule -> {
              AutoCompaction compaction =
                  new AutoCompaction(
                      schedule, parts.files().store()::head, this::leads, parts.proposals());
              every(TICK_MILLIS, () -> compaction.tick(threads.nanoClock().getAsLong()));
            });
    for (MemberConfig.Listeners.Served served : config.listeners().served()) {
      log.atInfo().log("ready to serve client requests");
      log.atInfo()
          .addKeyValue("traffic", served.traffic())
          .addKeyValue("address", served.url().address())
          .log("serving client traffic insecurely; this is strongly discouraged!");
    }
  }

  /// A member that misses its leader for more than an election cannot serve much: clients should
  /// move on, and may come back.
  private void recommendIfLed() {
    boolean isLed = knowsLeader();
    if (port != null) {
      port.recommend(isLed || wasLed);
    }
    wasLed = isLed;
  }

  private boolean leads() {
    return status().role() == RoleKind.LEADER;
  }

  private Optional<CompactionSchedule> compactionSchedule() {
    long nowNanos = threads.nanoClock().getAsLong();
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
        threads
            .clock()
            .scheduleAtFixedRate(
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
    MvccStore store = parts.files().store();
    Writes writes =
        new Writes(
            parts.metrics().requests().around(parts.proposals()::submit),
            quota,
            headers,
            parts.loops(),
            parts.files().self());
    ConfirmedReads confirmed =
        new ConfirmedReads(
            parts.metrics().requests().around(parts.reads()::whenReady), standing, parts.loops());
    KvReads kvReads =
        new KvReads(
            confirmed,
            headers,
            parts.loops(),
            new KvReads.ReadResources(
                store,
                threads.rangeThreads(),
                budget,
                Math.toIntExact(config.requests().maxRequestBytes())));
    Compactions compactions =
        new Compactions(
            writes,
            headers,
            parts.loops(),
            () -> store.compactPhysically(store.compactedRevision()));
    long minTtl = (config.consensus().electionTimeout().multipliedBy(3).toMillis() + 1999) / 2000;
    return List.of(
        new KvService(config.requests().maxTxnOperations(), writes, kvReads, compactions),
        watchService,
        new LeaseService(
            writes,
            parts.metrics().requests().around(parts.cluster().lessor()),
            headers,
            parts.loops(),
            new LeaseService.LeaseGrants(minTtl, new Random(threads.nanoClock().getAsLong()))),
        new ClusterService(
            this::members,
            parts.cluster().reconfiguration(),
            writes,
            confirmed,
            headers,
            () -> Instant.now().getEpochSecond()),
        new MaintenanceService(
            writes,
            new StatusReport(
                store,
                quota,
                parts.status(),
                standing,
                () -> parts.applier().clusterState().alarms().all(),
                new StatusReport.Versions(config.reportedVersion(), config.reportedMinorVersion())),
            new StoreChores(
                store,
                threads.rangeThreads(),
                threads.background(),
                parts.metrics().timedDefragmentation(store::defragment)),
            parts.cluster().moves(),
            headers,
            parts.loops()));
  }

  private List<io.kvorum.proto.etcd.Member> members() {
    return parts.applier().clusterState().membership().getMembersList().stream()
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
                parts.files().store(),
                standing,
                () -> parts.applier().clusterState().alarms(),
                parts.reads()),
            parts.metrics(),
            new HttpEndpoints.Facts(
                () -> VersionPage.of(config, parts.applier().clusterState()),
                this::variablesJson,
                parts.metrics()::text),
            threads.background());
    ListenPoint.GrpcCalls calls =
        new ListenPoint.GrpcCalls(
            clients.bind(services),
            List.of(),
            List.of(ClientServices.resets(), parts.metrics().messageSizes()));
    try {
      port =
          ClientPort.open(
              PortLimits.of(config),
              parts.loops(),
              ListenPoint.of(config.listeners(), calls, http, HttpEndpoints.ofMetricsUrl(http)));
    } catch (PortFailure e) {
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    }
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

  /// No new connections; calls in progress may end.
  @Override
  public void close() {
    if (port != null) {
      port.close();
    }
  }
}
