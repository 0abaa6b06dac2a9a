package io.kvorum.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// Everything one member was told at its start, checked and immutable.
///
/// @param reportedVersion the etcd version to tell clients, e.g. `3.7.0`
public record MemberConfig(
    Identity identity,
    Listeners listeners,
    Consensus consensus,
    Storage storage,
    Requests requests,
    Observation observation,
    DataChecks checks,
    FeatureGates gates,
    String reportedVersion) {
  /// The version that all releases of one minor share, e.g. `3.7.0` for `3.7.4`.
  public String reportedMinorVersion() {
    return reportedVersion.substring(0, reportedVersion.lastIndexOf('.')) + ".0";
  }

  /// Who the member is, and the cluster it bootstraps. `cluster` and `advertised` decide ids only
  /// when the data directory is new: [InitialCluster#refusal] must be asked then, and only then.
  /// Before [Dns][Discovery.Dns] was asked, `cluster` has no members, and before
  /// [Registry][Discovery.Registry] was, only this one.
  public record Identity(
      String name,
      Path dataDirectory,
      Path logDirectory,
      Advertised advertised,
      InitialCluster cluster,
      Discovery discovery,
      BootstrapMode mode) {

    /// The same member in the cluster that discovery has told of.
    public Identity in(InitialCluster discovered) {
      return new Identity(
          name, dataDirectory, logDirectory, advertised, discovered, discovery, mode);
    }
  }

  /// Where the first members are found, if the settings do not name them.
  public sealed interface Discovery {
    /// `--initial-cluster` names them.
    record None() implements Discovery {}

    /// SRV records of a domain; `suffix` goes to the names of the services.
    record Dns(String domain, String suffix) implements Discovery {}

    /// Keys in another cluster, where the members meet under a token.
    record Registry(String token, List<String> endpoints, Duration requestTimeout)
        implements Discovery {
      public Registry {
        endpoints = List.copyOf(endpoints);
      }
    }
  }

  /// The URLs told to the cluster and to clients.
  public record Advertised(List<ListenUrl> peerUrls, List<ListenUrl> clientUrls) {
    public Advertised {
      peerUrls = List.copyOf(peerUrls);
      clientUrls = List.copyOf(clientUrls);
    }
  }

  /// How an existing data directory is treated.
  public enum BootstrapMode {
    ORDINARY,
    /// Every other member is removed from the stored membership.
    FORCE_NEW_CLUSTER
  }

  /// Where the member listens, and how connections are treated.
  public record Listeners(
      List<ListenUrl> peerUrls,
      List<ListenUrl> clientUrls,
      List<ListenUrl> httpUrls,
      List<ListenUrl> metricsUrls,
      SocketReuse reuse,
      KeepAlive keepAlive,
      HttpAccess http,
      OptionalInt maxConnections) {
    public Listeners {
      peerUrls = List.copyOf(peerUrls);
      clientUrls = List.copyOf(clientUrls);
      httpUrls = List.copyOf(httpUrls);
      metricsUrls = List.copyOf(metricsUrls);
    }

    /// What clients get on a URL, in the words of etcd's log line.
    public record Served(ListenUrl url, String traffic) {}

    /// Every URL that clients of the API or of the HTTP endpoints use.
    public List<Served> served() {
      List<Served> served = new ArrayList<>();
      String onClientUrls = httpUrls.isEmpty() ? "grpc+http" : "grpc";
      clientUrls.forEach(url -> served.add(new Served(url, onClientUrls)));
      httpUrls.forEach(url -> served.add(new Served(url, "http")));
      return List.copyOf(served);
    }
  }

  /// `SO_REUSEPORT` and `SO_REUSEADDR`.
  public record SocketReuse(boolean port, boolean address) {}

  /// Pings on client connections. A zero `interval` or `timeout` turns the server's pings off.
  public record KeepAlive(Duration minClientInterval, Duration interval, Duration timeout) {}

  /// Who may use the HTTP endpoints from a browser: `*` is everyone.
  public record HttpAccess(List<String> corsOrigins, List<String> hostWhitelist) {
    public HttpAccess {
      corsOrigins = List.copyOf(corsOrigins);
      hostWhitelist = List.copyOf(hostWhitelist);
    }
  }

  /// Timing of elections, and what a change of the membership must fulfil. The tick is the
  /// heartbeat interval.
  public record Consensus(
      Duration heartbeatInterval,
      Duration electionTimeout,
      boolean preVote,
      int maxLearners,
      ReconfigurationChecks reconfigurationChecks) {

    /// Longest time a request may take: 5 s and two election timeouts.
    public Duration requestTimeout() {
      return Duration.ofSeconds(5).plus(electionTimeout.multipliedBy(2));
    }
  }

  /// `--strict-reconfig-check`.
  public enum ReconfigurationChecks {
    STRICT,
    OFF
  }

  /// The data directory's contents. An absent quota means that there is none.
  public record Storage(
      OptionalLong quotaBytes,
      long snapshotEntries,
      long catchUpEntries,
      Durability durability,
      AutoCompaction compaction,
      long engineMemoryBytes) {}

  /// Whether files are synced.
  public enum Durability {
    FSYNC,
    /// `--unsafe-no-fsync`: for tests; a crash of the machine loses acknowledged writes.
    NO_FSYNC
  }

  /// When history is compacted without being asked.
  public sealed interface AutoCompaction {
    record Off() implements AutoCompaction {}

    /// Keep the history of the last `retention`.
    record Periodic(Duration retention) implements AutoCompaction {}

    /// Keep the last `revisions` revisions.
    record Revisions(long revisions) implements AutoCompaction {}
  }

  /// Bounds of requests.
  ///
  /// @param readMemoryBytes for large answers, from their making until they are sent
  /// @param networkMemoryBytes for all other buffers of connections
  public record Requests(
      int maxTxnOperations,
      long maxRequestBytes,
      long maxConcurrentStreams,
      Duration watchProgressInterval,
      AuthTokens tokens,
      long readMemoryBytes,
      long networkMemoryBytes) {

    /// Bound of all memory outside the heap that connections use: large answers have theirs on top
    /// of what everything else needs, so that they cannot take it away.
    public long directMemoryBytes() {
      return Math.addExact(readMemoryBytes, networkMemoryBytes);
    }
  }

  /// How the member compares its data with the other members' (operations.md §5.9).
  ///
  /// @param interval between checks of everything by the leader; zero is never
  /// @param compactionInterval between checks of the hashes at compactions; zero is never
  public record DataChecks(AtStart atStart, Duration interval, Duration compactionInterval) {
    /// Whether a member that has been running before compares its data before it serves.
    public enum AtStart {
      COMPARED,
      TRUSTED
    }
  }

  public record AuthTokens(Duration timeToLive, int bcryptCost) {}

  /// What operators see.
  public record Observation(
      Logging logging, MetricsDetail metrics, Duration slowRequest, Duration slowApply) {}

  public enum MetricsDetail {
    BASIC,
    /// With a latency histogram of every gRPC method.
    EXTENSIVE
  }

  /// Where log lines go and what they look like. `rotation` is present only with exactly one file.
  public record Logging(
      LogLevel level, LogFormat format, List<LogOutput> outputs, Optional<LogRotation> rotation) {
    public Logging {
      outputs = List.copyOf(outputs);
    }

    /// JSON lines from `info` on standard error: for messages about unusable settings.
    public static Logging initial() {
      return new Logging(
          LogLevel.INFO, LogFormat.JSON, List.of(new LogOutput.StandardError()), Optional.empty());
    }
  }

  /// The lowest level that is written. etcd's `panic` and `fatal` are `ERROR` here.
  public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  public enum LogFormat {
    JSON,
    CONSOLE
  }

  /// One destination of log lines. No output at all discards them (`/dev/null`).
  public sealed interface LogOutput {
    record StandardError() implements LogOutput {}

    record StandardOutput() implements LogOutput {}

    record File(Path path) implements LogOutput {}
  }
}
