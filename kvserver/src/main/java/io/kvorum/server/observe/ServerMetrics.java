package io.kvorum.server.observe;

import io.grpc.ServerStreamTracer;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.watch.WatchCounts;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.grpc.CallMeters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/// Every meter of a member with its help text, under etcd's names (operations.md §3). Safe for any
/// thread.
public final class ServerMetrics implements CallMeters {
  private static final String[] CODES = {
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated"
  };

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final ClientBytes clientBytes = new ClientBytes();
  private final Timer walSync =
      histogram("etcd_disk_wal_fsync_duration_seconds", "Seconds a sync of the log takes.", 14);
  private final Timer storeCommit =
      histogram(
          "etcd_disk_backend_commit_duration_seconds",
          "Seconds a commit of applied commands to the store takes.",
          14);
  private final Counter leaderChanges =
      counter("etcd_server_leader_changes_seen_total", "Leader changes this member has seen.");
  private final Counter healthy =
      counter("etcd_server_health_success", "Health requests answered as healthy.");
  private final Counter unhealthy =
      counter("etcd_server_health_failures", "Health requests answered as unhealthy.");

  /// Exponential buckets from one millisecond, each twice the one before, as etcd has them.
  private Timer histogram(String name, String help, int buckets) {
    Duration[] bounds = new Duration[buckets];
    for (int i = 0; i < buckets; i++) {
      bounds[i] = Duration.ofMillis(1L << i);
    }
    return Timer.builder(name)
        .description(help)
        .serviceLevelObjectives(bounds)
        .distributionStatisticExpiry(Duration.ofDays(3650)) // counts never fall
        .distributionStatisticBufferLength(1)
        .register(registry);
  }

  private Counter counter(String name, String help, String... tags) {
    return Counter.builder(name).description(help).tags(tags).register(registry);
  }

  private void gauge(String name, String help, DoubleSupplier value, String... tags) {
    Gauge.builder(name, value::getAsDouble)
        .description(help)
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  /// A counter that somebody else counts.
  private void rising(String name, String help, DoubleSupplier value) {
    FunctionCounter.builder(name, value, DoubleSupplier::getAsDouble)
        .description(help)
        .register(registry);
  }

  /// Hears of every gRPC message's size.
  public ServerStreamTracer.Factory messageSizes() {
    return clientBytes;
  }

  /// A sync of the log took this long.
  public void logSynced(long nanos) {
    walSync.record(nanos, TimeUnit.NANOSECONDS);
  }

  /// A commit to the store took this long.
  public void storeCommitted(long nanos) {
    storeCommit.record(nanos, TimeUnit.NANOSECONDS);
  }

  public void leaderChanged() {
    leaderChanges.increment();
  }

  void healthAnswered(boolean isHealthy) {
    (isHealthy ? healthy : unhealthy).increment();
  }

  CheckEndpoint.Listener checksOf(String type) {
    Map<String, Boolean> last = new ConcurrentHashMap<>();
    return (name, isHealthy) -> {
      if (last.put(name, isHealthy) == null) {
        gauge(
            "etcd_server_healthcheck",
            "Outcome of the last run of a check, 1 is healthy.",
            () -> last.getOrDefault(name, false) ? 1 : 0,
            "type",
            type,
            "name",
            name);
      }
      counter(
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
  /// @param quotaBytes negative if there is none
  public record Sources(
      MvccStore store,
      Supplier<RaftStatus> raft,
      WatchCounts watches,
      DoubleSupplier pendingProposals,
      long quotaBytes,
      String version) {}

  /// Registers everything that is read when asked for.
  public void observe(Sources from) {
    Supplier<RaftStatus> raft = from.raft();
    gauge(
        "etcd_server_has_leader",
        "1 if a leader is known.",
        () -> raft.get().leader().isPresent() ? 1 : 0);
    gauge(
        "etcd_server_is_leader",
        "1 if this member leads.",
        () -> raft.get().role() == RoleKind.LEADER ? 1 : 0);
    gauge("etcd_server_is_learner", "1 if this member is a learner.", () -> 0);
    gauge(
        "etcd_server_id", "This member's id.", () -> 1, "server_id", raft.get().self().toString());
    gauge(
        "etcd_server_version",
        "The version this member reports.",
        () -> 1,
        "server_version",
        from.version());
    gauge(
        "etcd_cluster_version",
        "The cluster's version.",
        () -> 1,
        "cluster_version",
        minor(from.version()));
    gauge("etcd_server_proposals_committed_total", "Commit index.", () -> raft.get().commitIndex());
    gauge(
        "etcd_server_proposals_applied_total", "Applied index.", () -> from.store().appliedIndex());
    gauge(
        "etcd_server_proposals_pending",
        "Proposals that wait for their outcome.",
        from.pendingProposals());
    gauge(
        "etcd_server_quota_backend_bytes", "Quota of the store in bytes.", () -> from.quotaBytes());
    gauge(
        "etcd_mvcc_db_total_size_in_bytes",
        "Bytes of the store.",
        () -> from.store().size().fileBytes());
    gauge(
        "etcd_mvcc_db_total_size_in_use_in_bytes",
        "Bytes of live data and history.",
        () -> from.store().size().logicalBytes());
    gauge("etcd_debugging_mvcc_current_revision", "Newest revision.", () -> from.store().head());
    gauge(
        "etcd_debugging_mvcc_compact_revision",
        "Compacted revision.",
        () -> from.store().compactedRevision());
    gauge(
        "etcd_debugging_mvcc_watch_stream_total", "Watch streams.", () -> from.watches().streams());
    gauge("etcd_debugging_mvcc_watcher_total", "Watchers.", () -> from.watches().watchers());
    gauge(
        "etcd_debugging_mvcc_slow_watcher_total",
        "Watchers that are behind.",
        () -> from.watches().slowWatchers());
    gauge(
        "etcd_debugging_mvcc_pending_events_total",
        "Events matched and not yet sent.",
        () -> from.watches().pendingEvents());
    rising(
        "etcd_network_client_grpc_received_bytes_total",
        "Bytes of gRPC messages received from clients.",
        clientBytes::received);
    rising(
        "etcd_network_client_grpc_sent_bytes_total",
        "Bytes of gRPC messages sent to clients.",
        clientBytes::sent);
    ProcessFacts process = new ProcessFacts();
    gauge("process_resident_memory_bytes", "Resident memory in bytes.", process::residentBytes);
    gauge("process_virtual_memory_bytes", "Virtual memory in bytes.", process::virtualBytes);
    rising("process_cpu_seconds_total", "CPU time in seconds.", process::cpuSeconds);
    gauge("process_open_fds", "Open file descriptors.", process::openFiles);
    gauge("process_max_fds", "Limit of open file descriptors.", process::maxFiles);
    gauge("os_fd_used", "Open file descriptors.", process::openFiles);
    gauge("os_fd_limit", "Limit of open file descriptors.", process::maxFiles);
    gauge(
        "process_start_time_seconds",
        "Start of the process since the epoch.",
        process::startSeconds);
    gauge("jvm_memory_heap_used_bytes", "Heap in use.", process::heapBytes);
  }

  private static String minor(String version) {
    return version.substring(0, version.lastIndexOf('.'));
  }

  /// Registers the meters of one method, with every code at 0.
  @Override
  public MethodMeter of(String type, String service, String method) {
    String[] tags = {"grpc_type", type, "grpc_service", service, "grpc_method", method};
    Counter started = counter("grpc_server_started_total", "Calls started.", tags);
    Counter received = counter("grpc_server_msg_received_total", "Request messages.", tags);
    Counter sent = counter("grpc_server_msg_sent_total", "Response messages.", tags);
    Map<String, Counter> handled = new TreeMap<>();
    for (String code : CODES) {
      handled.put(
          code,
          Counter.builder("grpc_server_handled_total")
              .description("Calls ended, by status.")
              .tags(tags)
              .tag("grpc_code", code)
              .register(registry));
    }
    return new MethodMeter() {
      @Override
      public void started() {
        started.increment();
      }

      @Override
      public void received() {
        received.increment();
      }

      @Override
      public void sent() {
        sent.increment();
      }

      @Override
      public void handled(String code, long nanos) {
        Counter counter = handled.get(code);
        if (counter != null) {
          counter.increment();
        }
      }
    };
  }

  /// All meters in the Prometheus text format.
  public String text() {
    return PrometheusText.of(registry);
  }
}
