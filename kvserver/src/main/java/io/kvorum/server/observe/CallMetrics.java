package io.kvorum.server.observe;

import io.kvorum.server.config.MemberConfig.Observation;
import io.kvorum.server.grpc.CallMeters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts gRPC calls by method, times those that etcd times, and reports the slow ones. Safe for
/// any thread.
final class CallMetrics implements CallMeters {
  private static final Logger LOG = LoggerFactory.getLogger(CallMetrics.class);
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

  /// Clients name their version themselves; more of them than this share one label.
  private static final int MAX_CLIENT_VERSIONS = 32;

  private record ClientKind(String type, String version) {}

  private final Meters meters;
  private final Observation observation;
  private final Map<ClientKind, Counter> clients = new ConcurrentHashMap<>();
  private final Map<String, CallTimes> times = new TreeMap<>();

  /// How long calls of one method took, by their outcome.
  private record CallTimes(LongConsumer succeeded, LongConsumer failed) {}

  CallMetrics(Meters meters, Observation observation) {
    this.meters = meters;
    this.observation = observation;
    times.put("etcdserverpb.KV/Range", new CallTimes(rangeTime("true"), rangeTime("false")));
    times.put(
        "etcdserverpb.Maintenance/Hash",
        new CallTimes(hashTime("etcd_mvcc_hash_duration_seconds"), CallMetrics::ignore));
    times.put(
        "etcdserverpb.Maintenance/HashKV",
        new CallTimes(hashTime("etcd_mvcc_hash_rev_duration_seconds"), CallMetrics::ignore));
  }

  private LongConsumer rangeTime(String success) {
    return into(
        meters.histogram(
            "etcd_server_range_duration_seconds",
            "Seconds from a range request to its answer.",
            Meters.doubling(Duration.ofNanos(100_000), 20),
            "success",
            success));
  }

  private LongConsumer hashTime(String name) {
    return into(
        meters.histogram(
            name,
            "Seconds from a request for a hash to its answer.",
            Meters.doubling(Duration.ofMillis(10), 15)));
  }

  private static LongConsumer into(Timer timer) {
    return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
  }

  private static void ignore(long nanos) {}

  @Override
  public void clientRequest(String type, String version) {
    boolean isKnown = clients.containsKey(new ClientKind(type, version));
    String label = isKnown || clients.size() < MAX_CLIENT_VERSIONS ? version : "other";
    clients
        .computeIfAbsent(
            new ClientKind(type, label),
            kind ->
                meters.counter(
                    "etcd_server_client_requests_total",
                    "Calls by the API version that the client names.",
                    "type",
                    kind.type(),
                    "client_api_version",
                    kind.version()))
        .increment();
  }

  /// Registers the meters of one method, with every code at 0.
  @Override
  public MethodMeter of(String type, String service, String method) {
    String[] tags = {"grpc_type", type, "grpc_service", service, "grpc_method", method};
    Counter started = meters.counter("grpc_server_started_total", "Calls started.", tags);
    Counter received = meters.counter("grpc_server_msg_received_total", "Request messages.", tags);
    Counter sent = meters.counter("grpc_server_msg_sent_total", "Response messages.", tags);
    Map<String, Counter> handled = new TreeMap<>();
    for (String code : CODES) {
      handled.put(
          code,
          meters.counter(
              "grpc_server_handled_total",
              "Calls ended, by status.",
              "grpc_type",
              type,
              "grpc_service",
              service,
              "grpc_method",
              method,
              "grpc_code",
              code));
    }
    CallTimes callTimes =
        times.getOrDefault(
            service + "/" + method, new CallTimes(CallMetrics::ignore, CallMetrics::ignore));
    LongConsumer handling =
        switch (observation.metrics()) {
          case BASIC -> CallMetrics::ignore;
          case EXTENSIVE ->
              into(
                  meters.histogram(
                      "grpc_server_handling_seconds",
                      "Seconds from a call's start to its end.",
                      Meters.standard(),
                      tags));
        };
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
        handling.accept(nanos);
        if (type.equals("unary") && nanos > observation.slowRequest().toNanos()) {
          LOG.atWarn()
              .addKeyValue("time spent", Duration.ofNanos(nanos))
              .addKeyValue("response type", "/" + service + "/" + method)
              .addKeyValue("code", code)
              .log("request stats");
        }
        (code.equals("OK") ? callTimes.succeeded() : callTimes.failed()).accept(nanos);
      }
    };
  }
}
