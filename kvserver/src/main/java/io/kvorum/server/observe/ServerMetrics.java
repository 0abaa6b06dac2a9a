package io.kvorum.server.observe;

import io.grpc.ServerStreamTracer;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.watch.WatchCounts;
import io.kvorum.proto.storage.ClusterVersion;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.log.LogOptions;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.raft.snapshot.SnapshotMeter;
import io.kvorum.server.apply.ApplyMeter;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.config.MemberConfig.Observation;
import io.kvorum.server.grpc.CallMeters;
import io.micrometer.core.instrument.Counter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Every meter of a member with its help text, under etcd's names (operations.md §3). Safe for any
/// thread.
public final class ServerMetrics {
  private final Meters meters = new Meters();
  private final ClientBytes clientBytes = new ClientBytes();
  private final StorageMetrics storage = new StorageMetrics(meters);
  private final ApplyMetrics applied;
  private final CallMetrics calls;
  private final RequestMetrics requests;
  private final SnapshotMetrics snapshots = new SnapshotMetrics(meters);
  private final LongSupplier nanoClock;
  private volatile @Nullable AlarmMetrics alarms; // once there is a cluster to look at
  private final Counter leaderChanges =
      meters.counter(
          "etcd_server_leader_changes_seen_total", "Leader changes this member has seen.");
  private final Counter healthy =
      meters.counter("etcd_server_health_success", "Health requests answered as healthy.");
  private final Counter unhealthy =
      meters.counter("etcd_server_health_failures", "Health requests answered as unhealthy.");

  public ServerMetrics(Observation observation, LongSupplier nanoClock) {
    this.applied = new ApplyMetrics(meters, observation.slowApply());
    this.calls = new CallMetrics(meters, observation);
    this.requests = new RequestMetrics(meters, nanoClock);
    this.nanoClock = nanoClock;
  }

  /// Hears of every gRPC message's size.
  public ServerStreamTracer.Factory messageSizes() {
    return clientBytes;
  }

  /// Hears of every gRPC call.
  public CallMeters calls() {
    return calls;
  }

  /// Hears of what the disk does for the log.
  public LogOptions.DiskListener logDisk() {
    return storage;
  }

  /// Hears of every command that is applied.
  public ApplyMeter applied() {
    return applied;
  }

  /// Watches requests on their way.
  public RequestMetrics requests() {
    return requests;
  }

  /// Hears of the snapshots that come and go.
  public SnapshotMeter snapshots() {
    return snapshots;
  }

  /// Hears of what goes on between the member `self` and the others.
  public PeerMetrics peersOf(MemberId self) {
    return new PeerMetrics(meters, self);
  }

  /// Times a rewriting of the store's files.
  public Runnable timedDefragmentation(Runnable rewriting) {
    return storage.timed(rewriting, nanoClock);
  }

  public void leaderChanged() {
    leaderChanges.increment();
  }

  /// An answer of `/metrics` with this HTTP status.
  void scraped(int status) {
    meters
        .counter(
            "promhttp_metric_handler_requests_total",
            "Scrapes by HTTP status.",
            "code",
            String.valueOf(status))
        .increment();
  }

  void healthAnswered(boolean isHealthy) {
    (isHealthy ? healthy : unhealthy).increment();
  }

  CheckEndpoint.Listener checksOf(String type) {
    Map<String, Boolean> last = new ConcurrentHashMap<>();
    return (name, isHealthy) -> {
      if (last.put(name, isHealthy) == null) {
        meters.gauge(
            "etcd_server_healthcheck",
            "Outcome of the last run of a check, 1 is healthy.",
            () -> last.getOrDefault(name, false) ? 1 : 0,
            "type",
            type,
            "name",
            name);
      }
      meters
          .counter(
              "etcd_server_healthchecks_total",
              "Runs of a check.",
              "type",
              type,
              "name",
              name,
              "status",
              isHealthy ? "success" : "error")
          .increment();
    };
  }

  /// What gauges read.
  ///
  /// @param cluster alarms and version, as of the last applied batch
  /// @param quotaBytes negative if there is none
  public record Sources(
      MvccStore store,
      Supplier<RaftStatus> raft,
      WatchCounts watches,
      DoubleSupplier pendingProposals,
      BooleanSupplier isLearner,
      Supplier<ClusterState> cluster,
      long quotaBytes,
      String version) {}

  /// Registers everything that is read when asked for.
  public void observe(Sources from) {
    Supplier<RaftStatus> raft = from.raft();
    meters.gauge(
        "etcd_server_has_leader",
        "1 if a leader is known.",
        () -> raft.get().leader().isPresent() ? 1 : 0);
    meters.gauge(
        "etcd_server_is_leader",
        "1 if this member leads.",
        () -> raft.get().role() == RoleKind.LEADER ? 1 : 0);
    meters.gauge(
        "etcd_server_is_learner",
        "1 if this member is a learner.",
        () -> from.isLearner().getAsBoolean() ? 1 : 0);
    meters.gauge(
        "etcd_server_id", "This member's id.", () -> 1, "server_id", raft.get().self().toString());
    meters.gauge(
        "etcd_server_version",
        "The version this member reports.",
        () -> 1,
        "server_version",
        from.version());
    meters.gauge(
        "etcd_cluster_version",
        "The cluster's version.",
        () -> 1,
        "cluster_version",
        minor(from.version()));
    meters.gauge(
        "etcd_server_proposals_committed_total", "Commit index.", () -> raft.get().commitIndex());
    meters.gauge(
        "etcd_server_proposals_applied_total", "Applied index.", () -> from.store().appliedIndex());
    meters.gauge(
        "etcd_server_proposals_pending",
        "Proposals that wait for their outcome.",
        from.pendingProposals());
    meters.gauge(
        "etcd_server_quota_backend_bytes", "Quota of the store in bytes.", () -> from.quotaBytes());
    meters.gauge(
        "etcd_mvcc_db_total_size_in_bytes",
        "Bytes of the store.",
        () -> from.store().size().fileBytes());
    meters.gauge(
        "etcd_mvcc_db_total_size_in_use_in_bytes",
        "Bytes of live data and history.",
        () -> from.store().size().logicalBytes());
    meters.gauge(
        "etcd_debugging_mvcc_current_revision", "Newest revision.", () -> from.store().head());
    meters.gauge(
        "etcd_debugging_mvcc_compact_revision",
        "Compacted revision.",
        () -> from.store().compactedRevision());
    meters.gauge(
        "etcd_debugging_mvcc_watch_stream_total", "Watch streams.", () -> from.watches().streams());
    meters.gauge("etcd_debugging_mvcc_watcher_total", "Watchers.", () -> from.watches().watchers());
    meters.gauge(
        "etcd_debugging_mvcc_slow_watcher_total",
        "Watchers that are behind.",
        () -> from.watches().slowWatchers());
    meters.gauge(
        "etcd_debugging_mvcc_pending_events_total",
        "Events matched and not yet sent.",
        () -> from.watches().pendingEvents());
    meters.rising(
        "etcd_network_client_grpc_received_bytes_total",
        "Bytes of gRPC messages received from clients.",
        clientBytes::received);
    meters.rising(
        "etcd_network_client_grpc_sent_bytes_total",
        "Bytes of gRPC messages sent to clients.",
        clientBytes::sent);
    meters.rising(
        "etcd_debugging_mvcc_events_total",
        "Events sent to watchers.",
        () -> from.watches().sentEvents());
    meters.gauge("etcd_debugging_mvcc_keys_total", "Keys.", () -> from.store().liveKeys());
    meters.gauge(
        "etcd_mvcc_db_open_read_transactions",
        "Read transactions under way.",
        () -> from.store().openReads());
    alarms = new AlarmMetrics(meters, raft.get().self(), () -> from.cluster().get().alarms().all());
    meters.gauge(
        "kvorum_cluster_feature_level",
        "Level of replicated behaviour that the cluster has reached; 0 before there is one.",
        () -> from.cluster().get().version().map(ClusterVersion::getFeatureLevel).orElse(0));
    ProcessFacts process = new ProcessFacts();
    meters.gauge(
        "process_resident_memory_bytes", "Resident memory in bytes.", process::residentBytes);
    meters.gauge("process_virtual_memory_bytes", "Virtual memory in bytes.", process::virtualBytes);
    meters.rising("process_cpu_seconds_total", "CPU time in seconds.", process::cpuSeconds);
    meters.gauge("process_open_fds", "Open file descriptors.", process::openFiles);
    meters.gauge("process_max_fds", "Limit of open file descriptors.", process::maxFiles);
    meters.gauge("os_fd_used", "Open file descriptors.", process::openFiles);
    meters.gauge("os_fd_limit", "Limit of open file descriptors.", process::maxFiles);
    meters.gauge(
        "process_start_time_seconds",
        "Start of the process since the epoch.",
        process::startSeconds);
    meters.gauge("jvm_memory_heap_used_bytes", "Heap in use.", process::heapBytes);
  }

  private static String minor(String version) {
    return version.substring(0, version.lastIndexOf('.'));
  }

  /// All meters in the Prometheus text format.
  public String text() {
    AlarmMetrics raised = alarms;
    if (raised != null) {
      raised.refresh();
    }
    return meters.text();
  }
}
