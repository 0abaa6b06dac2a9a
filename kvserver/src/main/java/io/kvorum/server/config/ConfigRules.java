package io.kvorum.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// Turns settings into a [MemberConfig]: applies defaults that depend on other settings, and
/// refuses values that do not fit together, in etcd's words where it has words for it.
final class ConfigRules {
  private static final long DEFAULT_QUOTA_BYTES = 2L << 30;
  private static final long LARGE_QUOTA_BYTES = 8L << 30;
  private static final long LARGE_REQUEST_BYTES = 10L << 20;
  private static final long MAX_REQUEST_BYTES = 512L << 20;
  private static final long MIN_MEMORY_BYTES = 16L << 20;
  private static final long MAX_ELECTION_MILLIS = 50_000;
  private static final Duration SHORTEST_PROGRESS = Duration.ofMillis(100);
  private static final Duration DEFAULT_PROGRESS = Duration.ofMinutes(10);

  private final Settings settings;
  private final List<Notice> notices;

  ConfigRules(Settings settings, List<Notice> notices) {
    this.settings = settings;
    this.notices = notices;
  }

  MemberConfig build(Optional<String> defaultHost) throws Refusal {
    FeatureGates gates = gates();
    return new MemberConfig(
        identity(defaultHost),
        listeners(),
        consensus(),
        storage(),
        requests(),
        observation(),
        checks(gates),
        gates,
        reportedVersion());
  }

  private MemberConfig.Identity identity(Optional<String> defaultHost) throws Refusal {
    String name = settings.text("name");
    if (!settings.isGiven("name")) {
      notices.add(
          Notice.warn(
              "it isn't recommended to use default name, please set a value for --name. Note that etcd might run into issue when multiple members have the same default name",
              Notice.field("name", name)));
    }
    Path dataDirectory =
        settings.text("data-dir").isEmpty()
            ? Path.of(name + ".etcd")
            : Path.of(settings.text("data-dir"));
    Path logDirectory =
        settings.text("wal-dir").isEmpty()
            ? dataDirectory.resolve("member").resolve("wal")
            : Path.of(settings.text("wal-dir"));
    AdvertisedUrls advertised = new AdvertisedUrls(settings, notices, defaultHost);
    MemberConfig.Discovery discovery = DiscoveryRules.read(settings);
    return new MemberConfig.Identity(
        name,
        dataDirectory,
        logDirectory,
        advertised.read(),
        advertised.initialCluster(name, discovery),
        discovery,
        settings.isOn("force-new-cluster")
            ? MemberConfig.BootstrapMode.FORCE_NEW_CLUSTER
            : MemberConfig.BootstrapMode.ORDINARY);
  }

  private MemberConfig.Listeners listeners() throws Refusal {
    long connections = settings.number("kvorum-max-connections");
    return new MemberConfig.Listeners(
        ListenRules.bindable(settings, "listen-peer-urls"),
        ListenRules.bindable(settings, "listen-client-urls"),
        ListenRules.httpUrls(settings),
        ListenRules.bindable(settings, "listen-metrics-urls"),
        new MemberConfig.SocketReuse(
            settings.isOn("socket-reuse-port"), settings.isOn("socket-reuse-address")),
        keepAlive(),
        new MemberConfig.HttpAccess(settings.words("cors"), settings.words("host-whitelist")),
        connections == 0
            ? OptionalInt.empty()
            : OptionalInt.of((int) Math.min(connections, Integer.MAX_VALUE)));
  }

  private MemberConfig.KeepAlive keepAlive() throws Refusal {
    return new MemberConfig.KeepAlive(
        notNegative("grpc-keepalive-min-time"),
        notNegative("grpc-keepalive-interval"),
        notNegative("grpc-keepalive-timeout"));
  }

  private MemberConfig.Consensus consensus() throws Refusal {
    long heartbeat = settings.number("heartbeat-interval");
    long election = settings.number("election-timeout");
    if (heartbeat == 0) {
      throw Refusal.invalid("--heartbeat-interval must be >0 (set to 0ms)");
    }
    if (election == 0) {
      throw Refusal.invalid("--election-timeout must be >0 (set to 0ms)");
    }
    if (election > MAX_ELECTION_MILLIS) {
      throw Refusal.invalid(
          "--election-timeout[%dms] is too long, and should be set less than %dms"
              .formatted(election, MAX_ELECTION_MILLIS));
    }
    if (heartbeat > election / 5) {
      throw Refusal.invalid(
          "--election-timeout[%dms] should be at least as 5 times as --heartbeat-interval[%dms]"
              .formatted(election, heartbeat));
    }
    return new MemberConfig.Consensus(
        Duration.ofMillis(heartbeat),
        Duration.ofMillis(election),
        settings.isOn("pre-vote"),
        settings.smallNumber("max-learners"),
        settings.isOn("strict-reconfig-check")
            ? MemberConfig.ReconfigurationChecks.STRICT
            : MemberConfig.ReconfigurationChecks.OFF);
  }

  private MemberConfig.Storage storage() throws Refusal {
    return new MemberConfig.Storage(
        quota(),
        orDefault(settings.number("snapshot-count"), 10_000),
        orDefault(settings.number("snapshot-catchup-entries"), 5_000),
        settings.isOn("unsafe-no-fsync")
            ? MemberConfig.Durability.NO_FSYNC
            : MemberConfig.Durability.FSYNC,
        CompactionRules.read(settings, notices),
        memory("kvorum-storage-memory-bytes"));
  }

  private OptionalLong quota() {
    long bytes = settings.number("quota-backend-bytes");
    if (bytes < 0) {
      notices.add(
          Notice.info(
              "disabled backend quota", Notice.field("quota-size-bytes", Long.toString(bytes))));
      return OptionalLong.empty();
    }
    if (bytes > LARGE_QUOTA_BYTES) {
      notices.add(
          Notice.warn(
              "quota exceeds the maximum value",
              Notice.field("quota-size-bytes", Long.toString(bytes)),
              Notice.field("quota-maximum-size-bytes", Long.toString(LARGE_QUOTA_BYTES))));
    }
    return OptionalLong.of(orDefault(bytes, DEFAULT_QUOTA_BYTES));
  }

  private MemberConfig.Requests requests() throws Refusal {
    long maxRequestBytes = settings.number("max-request-bytes");
    if (maxRequestBytes == 0) {
      throw Refusal.invalid("--max-request-bytes must be >0 (set to 0)");
    }
    if (maxRequestBytes > MAX_REQUEST_BYTES) {
      throw Refusal.invalid("--max-request-bytes must be at most " + MAX_REQUEST_BYTES);
    }
    if (maxRequestBytes > LARGE_REQUEST_BYTES) {
      notices.add(
          Notice.warn(
              "exceeded recommended request limit",
              Notice.field("max-request-bytes", Long.toString(maxRequestBytes)),
              Notice.field("recommended-request-bytes", Long.toString(LARGE_REQUEST_BYTES))));
    }
    return new MemberConfig.Requests(
        settings.smallNumber("max-txn-ops"),
        maxRequestBytes,
        orDefault(settings.number("max-concurrent-streams"), 0xffff_ffffL),
        progressInterval(),
        new MemberConfig.AuthTokens(
            Duration.ofSeconds(settings.smallNumber("auth-token-ttl")), bcryptCost()),
        memory("kvorum-read-memory-bytes"),
        memory("kvorum-network-memory-bytes"));
  }

  private Duration progressInterval() {
    Duration interval = settings.duration("watch-progress-notify-interval");
    if (interval.isZero()) {
      return DEFAULT_PROGRESS;
    }
    if (interval.compareTo(SHORTEST_PROGRESS) < 0) {
      notices.add(
          Notice.warn(
              "set watch progress notify interval to minimum interval",
              Notice.field("minimum", GoDuration.format(SHORTEST_PROGRESS))));
      return SHORTEST_PROGRESS;
    }
    return interval;
  }

  private int bcryptCost() {
    long cost = settings.number("bcrypt-cost");
    if (cost >= 4 && cost <= 31) {
      return (int) cost;
    }
    notices.add(
        Notice.warn(
            "use default bcrypt cost instead of the invalid given cost",
            Notice.field("given-cost", Long.toString(cost)),
            Notice.field("default-cost", "10")));
    return 10;
  }

  private MemberConfig.Observation observation() throws Refusal {
    MemberConfig.MetricsDetail detail =
        switch (settings.text("metrics")) {
          case "basic", "" -> MemberConfig.MetricsDetail.BASIC;
          case "extensive" -> MemberConfig.MetricsDetail.EXTENSIVE;
          default ->
              throw Refusal.invalid("unknown metrics detail \"" + settings.text("metrics") + "\"");
        };
    return new MemberConfig.Observation(
        LogRules.read(settings),
        detail,
        notNegative("warning-unary-request-duration"),
        notNegative("warning-apply-duration"));
  }

  private MemberConfig.DataChecks checks(FeatureGates gates) throws Refusal {
    Duration compactionInterval = settings.duration("compact-hash-check-time");
    if (!compactionInterval.isPositive()) {
      throw Refusal.invalid(
          "--compact-hash-check-time must be >0 (set to %s)"
              .formatted(GoDuration.format(compactionInterval)));
    }
    return new MemberConfig.DataChecks(
        gates.isOn("InitialCorruptCheck")
            ? MemberConfig.DataChecks.AtStart.COMPARED
            : MemberConfig.DataChecks.AtStart.TRUSTED,
        notNegative("corrupt-check-time"),
        gates.isOn("CompactHashCheck") ? compactionInterval : Duration.ZERO);
  }

  private FeatureGates gates() throws Refusal {
    StringBuilder text = new StringBuilder(settings.text("feature-gates"));
    OldSpellings.GATES.forEach(
        (name, gate) -> {
          if (settings.isGiven("experimental-" + name)) {
            text.append(',').append(gate).append('=').append(settings.text("experimental-" + name));
          }
        });
    return FeatureGates.initial().with(text.toString());
  }

  private String reportedVersion() throws Refusal {
    String version = settings.text("kvorum-etcd-version");
    if (!version.matches("3\\.[0-9]{1,3}\\.[0-9]{1,3}")) {
      throw Refusal.invalid(
          "--kvorum-etcd-version must look like 3.6.5 (set to %s)".formatted(version));
    }
    return version;
  }

  private Duration notNegative(String name) throws Refusal {
    Duration duration = settings.duration(name);
    if (duration.isNegative()) {
      throw Refusal.invalid(
          "--%s must not be negative (set to %s)".formatted(name, GoDuration.format(duration)));
    }
    return duration;
  }

  private long memory(String name) throws Refusal {
    long bytes = settings.number(name);
    if (bytes < MIN_MEMORY_BYTES) {
      throw Refusal.invalid(
          String.format(
              Locale.ROOT, "--%s must be at least %d (set to %d)", name, MIN_MEMORY_BYTES, bytes));
    }
    return bytes;
  }

  private static long orDefault(long value, long initial) {
    return value == 0 ? initial : value;
  }
}
