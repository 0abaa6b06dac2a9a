package io.kvorum.server.observe;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.server.apply.ApplyMeter;
import io.kvorum.server.command.ApplyResult;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts what commands do when they are applied, and reports the slow ones. Owned by the thread
/// `apply`; read by any.
final class ApplyMetrics implements ApplyMeter {
  private static final Logger LOG = LoggerFactory.getLogger(ApplyMetrics.class);

  /// The name that etcd gives to an operation in its metrics.
  private static final Map<LogCommand.CommandCase, String> OPERATIONS =
      new EnumMap<>(
          Map.of(
              LogCommand.CommandCase.PUT, "Put",
              LogCommand.CommandCase.DELETE_RANGE, "DeleteRange",
              LogCommand.CommandCase.TXN, "Txn",
              LogCommand.CommandCase.COMPACTION, "Compaction",
              LogCommand.CommandCase.LEASE_GRANT, "LeaseGrant",
              LogCommand.CommandCase.LEASE_REVOKE, "LeaseRevoke",
              LogCommand.CommandCase.LEASE_CHECKPOINTS, "LeaseCheckpoint",
              LogCommand.CommandCase.ALARM, "Alarm",
              LogCommand.CommandCase.MEMBER_ATTRIBUTES, "ClusterMemberAttrSet",
              LogCommand.CommandCase.CLUSTER_VERSION, "ClusterVersionSet"));

  private record Durations(Timer applied, Timer refused) {}

  private final Map<LogCommand.CommandCase, Durations> durations =
      new EnumMap<>(LogCommand.CommandCase.class);
  private final Duration slowApply;
  private final LongAdder putBytes = new LongAdder();
  private final Timer storeCommit;
  private final Counter slow;
  private final Counter puts;
  private final Counter deletes;
  private final Counter ranges;
  private final Counter transactions;
  private final Counter granted;
  private final Counter revoked;
  private final Counter expired;
  private final Timer ttls;

  /// @param slowApply what takes longer is reported
  ApplyMetrics(Meters meters, Duration slowApply) {
    this.slowApply = slowApply;
    OPERATIONS.forEach(
        (command, operation) ->
            durations.put(
                command,
                new Durations(
                    duration(meters, operation, "true"), duration(meters, operation, "false"))));
    storeCommit =
        meters.histogram(
            "etcd_disk_backend_commit_duration_seconds",
            "Seconds a commit of applied commands to the store takes.",
            Meters.doubling(Duration.ofMillis(1), 14));
    slow = meters.counter("etcd_server_slow_apply_total", "Commands reported as slow.");
    puts = meters.counter("etcd_mvcc_put_total", "Puts, those in transactions included.");
    deletes = meters.counter("etcd_mvcc_delete_total", "Deletions, as puts are counted.");
    ranges = meters.counter("etcd_mvcc_range_total", "Ranges, as puts are counted.");
    transactions = meters.counter("etcd_mvcc_txn_total", "Transactions of several operations.");
    granted = meters.counter("etcd_debugging_lease_granted_total", "Leases granted.");
    revoked = meters.counter("etcd_debugging_lease_revoked_total", "Leases revoked or expired.");
    expired = meters.counter("etcd_debugging_server_lease_expired_total", "Leases expired.");
    ttls =
        meters.histogram(
            "etcd_debugging_lease_ttl_total",
            "TTLs of granted leases, in seconds.",
            Meters.doubling(Duration.ofSeconds(1), 24));
    meters.gauge(
        "etcd_debugging_mvcc_total_put_size_in_bytes",
        "Bytes of keys and values put since the start.",
        putBytes::sum);
  }

  private static Timer duration(Meters meters, String operation, String success) {
    return meters.histogram(
        "etcd_server_apply_duration_seconds",
        "Seconds it takes to apply a command.",
        Meters.doubling(Duration.ofNanos(100_000), 20),
        "version",
        "v3",
        "op",
        operation,
        "success",
        success);
  }

  @Override
  public void executed(LogCommand command, ApplyResult result, long nanos) {
    Durations known = durations.get(command.getCommandCase());
    boolean isApplied = result instanceof ApplyResult.Applied;
    if (known != null) {
      (isApplied ? known.applied() : known.refused()).record(nanos, TimeUnit.NANOSECONDS);
    }
    if (nanos > slowApply.toNanos()) {
      slow.increment();
      LOG.atWarn()
          .addKeyValue("took", Duration.ofNanos(nanos))
          .addKeyValue("expected-duration", slowApply)
          .addKeyValue("request", command.getCommandCase())
          .log("apply request took too long");
    }
    if (result instanceof ApplyResult.Applied applied) {
      count(command, applied);
    }
  }

  private void count(LogCommand command, ApplyResult.Applied applied) {
    switch (command.getCommandCase()) {
      case PUT -> put(command.getPut());
      case DELETE_RANGE -> deletes.increment();
      case TXN -> {
        if (applied.response() instanceof TxnResponse response
            && operations(command.getTxn(), response) > 1) {
          transactions.increment();
        }
      }
      case LEASE_GRANT -> {
        granted.increment();
        ttls.record(command.getLeaseGrant().getTTL(), TimeUnit.SECONDS);
      }
      case LEASE_REVOKE -> revoked.increment();
      case LEASE_EXPIRY -> {
        expired.increment(command.getLeaseExpiry().getLeasesCount());
        revoked.increment(command.getLeaseExpiry().getLeasesCount());
      }
      case COMPACTION,
          LEASE_CHECKPOINTS,
          ALARM,
          MEMBER_ATTRIBUTES,
          CLUSTER_VERSION,
          MEMBER_CHANGE,
          MEMBER_ADDRESSES,
          COMMAND_NOT_SET -> {}
    }
  }

  private void put(PutRequest request) {
    puts.increment();
    putBytes.add(request.getKey().size() + (long) request.getValue().size());
  }

  /// Counts the operations of the branch that was taken, and returns how many there were.
  private int operations(TxnRequest request, TxnResponse response) {
    List<RequestOp> taken =
        response.getSucceeded() ? request.getSuccessList() : request.getFailureList();
    int count = 0;
    for (int i = 0; i < taken.size(); i++) {
      RequestOp operation = taken.get(i);
      switch (operation.getRequestCase()) {
        case REQUEST_PUT -> put(operation.getRequestPut());
        case REQUEST_DELETE_RANGE -> deletes.increment();
        case REQUEST_RANGE -> ranges.increment();
        case REQUEST_TXN ->
            count +=
                operations(operation.getRequestTxn(), response.getResponses(i).getResponseTxn())
                    - 1;
        case REQUEST_NOT_SET -> {}
      }
      count++;
    }
    return count;
  }

  @Override
  public void committed(long nanos) {
    storeCommit.record(nanos, TimeUnit.NANOSECONDS);
  }
}
