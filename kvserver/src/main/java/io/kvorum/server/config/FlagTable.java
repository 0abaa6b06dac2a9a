package io.kvorum.server.config;

import io.kvorum.server.config.Flag.Policy;
import io.kvorum.server.config.Flag.Policy.Effective;
import io.kvorum.server.config.Flag.Policy.Ignored;
import io.kvorum.server.config.Flag.Policy.NotYet;
import io.kvorum.server.config.Flag.Policy.NowGate;
import io.kvorum.server.config.Flag.Policy.RenamedTo;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/// Every flag the server knows, in the order the help shows them: etcd's, the spellings of older
/// releases, and a few of our own (`--kvorum-...`). A flag is one row; what it does is decided in
/// `ConfigRules`.
final class FlagTable {
  static final String SECTION_OLD = "Spellings of older releases";

  private static final Policy EFFECTIVE = new Effective();
  private static final Policy TLS = new NotYet("TLS");
  private static final Policy DISCOVERY_TLS = new NotYet("TLS for discovery");
  private static final Policy DISCOVERY_AUTH = new NotYet("authentication for discovery");
  private static final Policy DISCOVERY_CONNECTION =
      new Ignored("the client has limits of its own for its connections");
  private static final Policy TRACING = new NotYet("distributed tracing");
  private static final Policy BBOLT = new Ignored("the storage engine is not bbolt");
  private static final Policy REMOVED = new Ignored("removed, has no effect");
  private static final Policy OWN_PACE =
      new Ignored("elections and connections of peers have limits of their own");

  private final SequencedMap<String, Flag> byName = new LinkedHashMap<>();
  private final SequencedMap<String, List<Flag>> bySection = new LinkedHashMap<>();
  private String section = "";

  static final FlagTable SERVER = new FlagTable();

  private FlagTable() {
    member();
    clustering();
    security();
    authAndProfiling();
    logging();
    features();
    own();
    oldSpellings();
  }

  Optional<Flag> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  Iterable<Flag> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  Map<String, List<Flag>> sections() {
    return Collections.unmodifiableMap(bySection);
  }

  private void member() {
    section = "Member";
    text("name", "default", EFFECTIVE, "Human-readable name for this member.");
    text("data-dir", "", EFFECTIVE, "Path to the data directory; <name>.etcd when empty.");
    text("wal-dir", "", EFFECTIVE, "Path to a directory for the log alone.");
    uint("snapshot-count", "10000", EFFECTIVE, "Applied entries between storage checkpoints.");
    uint("snapshot-catchup-entries", "5000", EFFECTIVE, "Log entries kept for slow followers.");
    uint("heartbeat-interval", "100", EFFECTIVE, "Time (in milliseconds) of a heartbeat interval.");
    uint(
        "election-timeout",
        "1000",
        EFFECTIVE,
        "Time (in milliseconds) for an election to time out.");
    bool("initial-election-tick-advance", "true", OWN_PACE, "Hold a first election sooner.");
    urls("listen-peer-urls", "http://localhost:2380", EFFECTIVE, "URLs to listen on for members.");
    urls(
        "listen-client-urls", "http://localhost:2379", EFFECTIVE, "URLs to listen on for clients.");
    urls(
        "listen-client-http-urls",
        "",
        EFFECTIVE,
        "URLs for HTTP alone; then the client URLs serve gRPC alone.");
    uint(
        "max-snapshots",
        "5",
        new Ignored("snapshot files are not kept"),
        "Snapshot files to keep.");
    uint(
        "max-wals",
        "5",
        new Ignored("the log is dropped as soon as the state is durable"),
        "Log files to keep.");
    bool("memory-mlock", "false", new Ignored("memory is not locked"), "Lock memory in RAM.");
    int64(
        "quota-backend-bytes",
        "0",
        EFFECTIVE,
        "Size at which writes are refused; 0 is 2 GiB, below 0 is none.");
    text("backend-bbolt-freelist-type", "map", BBOLT, "Kind of freelist.");
    duration("backend-batch-interval", "0s", BBOLT, "Longest time between commits.");
    int64("backend-batch-limit", "0", BBOLT, "Most operations between commits.");
    uint("max-txn-ops", "128", EFFECTIVE, "Most operations in one list of a transaction.");
    uint("max-request-bytes", "1572864", EFFECTIVE, "Largest request in bytes.");
    uint32(
        "max-concurrent-streams",
        "4294967295",
        EFFECTIVE,
        "Most open streams of one client connection.");
    duration("grpc-keepalive-min-time", "5s", EFFECTIVE, "Shortest time between a client's pings.");
    duration(
        "grpc-keepalive-interval",
        "2h0m0s",
        EFFECTIVE,
        "Time after which an idle client is pinged; 0 is never.");
    duration("grpc-keepalive-timeout", "20s", EFFECTIVE, "Time a client has to answer a ping.");
    bool("socket-reuse-port", "false", EFFECTIVE, "Set SO_REUSEPORT on listeners.");
    bool("socket-reuse-address", "false", EFFECTIVE, "Set SO_REUSEADDR on listeners.");
    bool(
        "enable-grpc-gateway",
        "true",
        new Ignored("the JSON gateway is not there yet"),
        "Serve the JSON gateway.");
    duration("raft-read-timeout", "5s", OWN_PACE, "Read timeout of peer connections.");
    duration("raft-write-timeout", "5s", OWN_PACE, "Write timeout of peer connections.");
    text("feature-gates", "", EFFECTIVE, "Comma separated Name=true|false.");
  }

  private void clustering() {
    section = "Clustering";
    urls(
        "initial-advertise-peer-urls",
        "http://localhost:2380",
        EFFECTIVE,
        "Peer URLs to tell the cluster.");
    text("initial-cluster", "", EFFECTIVE, "Members at bootstrap: name=url,name=url.");
    choice(
        "initial-cluster-state",
        List.of("new", "existing"),
        EFFECTIVE,
        "Whether the cluster exists already.");
    text(
        "initial-cluster-token",
        "etcd-cluster",
        EFFECTIVE,
        "Part of the ids derived at bootstrap.");
    urls(
        "advertise-client-urls",
        "http://localhost:2379",
        EFFECTIVE,
        "Client URLs to tell the cluster.");
    text("discovery", "", new NotYet("v2 discovery"), "Discovery URL.");
    choice(
        "discovery-fallback",
        List.of("exit", "proxy"),
        EFFECTIVE,
        "What to do when discovery fails.");
    text("discovery-proxy", "", REMOVED, "Proxy for discovery.");
    text("discovery-token", "", EFFECTIVE, "Under which the first members meet.");
    text("discovery-endpoints", "", EFFECTIVE, "Another cluster, in which they meet.");
    duration("discovery-dial-timeout", "2s", DISCOVERY_CONNECTION, "");
    duration("discovery-request-timeout", "5s", EFFECTIVE, "How long a request to it may take.");
    duration("discovery-keepalive-time", "2s", DISCOVERY_CONNECTION, "");
    duration("discovery-keepalive-timeout", "6s", DISCOVERY_CONNECTION, "");
    bool("discovery-insecure-transport", "true", DISCOVERY_TLS, "");
    bool("discovery-insecure-skip-tls-verify", "false", DISCOVERY_TLS, "");
    text("discovery-cert", "", DISCOVERY_TLS, "");
    text("discovery-key", "", DISCOVERY_TLS, "");
    text("discovery-cacert", "", DISCOVERY_TLS, "");
    text("discovery-user", "", DISCOVERY_AUTH, "");
    text("discovery-password", "", DISCOVERY_AUTH, "");
    text("discovery-srv", "", EFFECTIVE, "DNS domain whose SRV records name the first members.");
    text("discovery-srv-name", "", EFFECTIVE, "Suffix of the DNS service name.");
    bool(
        "strict-reconfig-check",
        "true",
        EFFECTIVE,
        "Refuse member changes that endanger the quorum.");
    bool("pre-vote", "true", EFFECTIVE, "Ask before disturbing a leader with an election.");
    text("auto-compaction-retention", "0", EFFECTIVE, "How much history to keep; 0 is all.");
    text("auto-compaction-mode", "periodic", EFFECTIVE, "periodic or revision.");
    uint("max-learners", "1", EFFECTIVE, "Most learner members.");
  }

  private void security() {
    section = "Security";
    for (String side : List.of("", "peer-")) {
      text(side + "cert-file", "", EFFECTIVE, "Certificate file.");
      text(side + "key-file", "", EFFECTIVE, "Key file.");
      text(side + "client-cert-file", "", EFFECTIVE, "Certificate file for own connections.");
      text(side + "client-key-file", "", EFFECTIVE, "Key file for own connections.");
      bool(side + "client-cert-auth", "false", EFFECTIVE, "Demand client certificates.");
      text(side + "trusted-ca-file", "", EFFECTIVE, "File of trusted authorities.");
      bool(side + "auto-tls", "false", EFFECTIVE, "Generate certificates.");
    }
    text("client-crl-file", "", TLS, "File of revoked client certificates.");
    text("peer-crl-file", "", TLS, "File of revoked peer certificates.");
    text("client-cert-allowed-hostname", "", TLS, "Host name a client certificate must have.");
    text("peer-cert-allowed-cn", "", TLS, "Common name a peer certificate must have.");
    text("peer-cert-allowed-hostname", "", TLS, "Host name a peer certificate must have.");
    uint("self-signed-cert-validity", "1", EFFECTIVE, "Years a generated certificate is valid.");
    text("cipher-suites", "", TLS, "Comma separated cipher suites.");
    text("tls-min-version", "TLS1.2", EFFECTIVE, "Lowest TLS version.");
    text("tls-max-version", "", EFFECTIVE, "Highest TLS version.");
    bool("peer-skip-client-san-verification", "false", EFFECTIVE, "Do not check peers' addresses.");
    text("cors", "*", EFFECTIVE, "Comma separated origins for cross-origin requests.");
    text("host-whitelist", "*", EFFECTIVE, "Comma separated host names of plain HTTP requests.");
  }

  private void authAndProfiling() {
    section = "Auth, profiling and tracing";
    text("auth-token", "simple", EFFECTIVE, "Kind of auth token.");
    uint("bcrypt-cost", "10", EFFECTIVE, "Cost of hashing a password.");
    uint("auth-token-ttl", "300", EFFECTIVE, "Seconds a token lives.");
    bool(
        "enable-pprof",
        "false",
        new Ignored("the JVM has its own profilers"),
        "Serve Go profiles.");
    text(
        "metrics", "basic", EFFECTIVE, "basic, or extensive with latency histograms of all calls.");
    urls("listen-metrics-urls", "", EFFECTIVE, "Additional URLs for metrics and health.");
    bool("enable-distributed-tracing", "false", TRACING, "Export traces.");
    text("distributed-tracing-address", "localhost:4317", TRACING, "");
    text("distributed-tracing-service-name", "etcd", TRACING, "");
    text("distributed-tracing-instance-id", "", TRACING, "");
    int64("distributed-tracing-sampling-rate", "0", TRACING, "");
  }

  private void logging() {
    section = "Logging";
    text("logger", "zap", EFFECTIVE, "Only 'zap', which names the form of the lines.");
    text(
        "log-outputs",
        "default",
        EFFECTIVE,
        "Comma separated: default, stderr, stdout, systemd/journal, files.");
    text("log-level", "info", EFFECTIVE, "debug, info, warn, error, panic or fatal.");
    text("log-format", "json", EFFECTIVE, "json or console.");
    bool("enable-log-rotation", "false", EFFECTIVE, "Rotate the one file in log-outputs.");
    text(
        "log-rotation-config-json",
        LogRotation.DEFAULT_JSON,
        EFFECTIVE,
        "Sizes in MB, ages in days.");
    duration("warning-unary-request-duration", "300ms", EFFECTIVE, "Report slower requests.");
    duration("warning-apply-duration", "100ms", EFFECTIVE, "Report slower applies.");
  }

  private void features() {
    section = "Features";
    duration(
        "corrupt-check-time",
        "0s",
        EFFECTIVE,
        "Time between checks of the data against the other members'; 0 is never.");
    duration(
        "compact-hash-check-time", "1m0s", EFFECTIVE, "Time between checks of compaction hashes.");
    int64(
        "compaction-batch-limit",
        "0",
        new Ignored("compaction drops whole files"),
        "Revisions of one compaction step.");
    duration(
        "compaction-sleep-interval",
        "0s",
        new Ignored("compaction drops whole files"),
        "Pause between steps.");
    duration(
        "watch-progress-notify-interval",
        "0s",
        EFFECTIVE,
        "Time between progress notices; 0 is 10 minutes.");
    uint(
        "bootstrap-defrag-threshold-megabytes",
        "0",
        new Ignored("space is reclaimed in the background"),
        "Defragment at start.");
    duration(
        "downgrade-check-time",
        "5s",
        new Ignored("a cluster is not downgraded"),
        "Time between checks of a downgrade.");
    bool("force-new-cluster", "false", EFFECTIVE, "Make this member a cluster of its own.");
    bool("unsafe-no-fsync", "false", EFFECTIVE, "Never sync files. A crash loses data.");
    text("config-file", "", EFFECTIVE, "YAML file; then all other settings are ignored.");
    bool("version", "false", EFFECTIVE, "Print the version and exit.");
  }

  private void own() {
    section = "Kvorum";
    text("kvorum-etcd-version", "3.7.0", EFFECTIVE, "The etcd version to report to clients.");
    int64(
        "kvorum-storage-memory-bytes",
        "268435456",
        EFFECTIVE,
        "Native memory of the storage engine.");
    int64(
        "kvorum-read-memory-bytes", "134217728", EFFECTIVE, "Memory for large answers being sent.");
    int64(
        "kvorum-network-memory-bytes",
        "134217728",
        EFFECTIVE,
        "Direct memory of network buffers besides large answers.");
    uint32(
        "kvorum-max-connections",
        "0",
        EFFECTIVE,
        "Most client connections; 0 is file limit - 150.");
  }

  private void oldSpellings() {
    section = SECTION_OLD;
    for (String name : OldSpellings.RENAMED) {
      Flag target = find(name).orElseThrow();
      add(
          "experimental-" + name,
          target.kind(),
          target.initial(),
          new RenamedTo(name),
          target.help());
    }
    OldSpellings.GATES.forEach(
        (name, gate) ->
            bool("experimental-" + name, "false", new NowGate(gate), "Feature gate " + gate + "."));
    for (String name : OldSpellings.WORDS_WITHOUT_EFFECT) {
      text(name, "", REMOVED, "");
    }
    for (String name : OldSpellings.SWITCHES_WITHOUT_EFFECT) {
      bool(name, "false", REMOVED, "");
    }
  }

  private void text(String name, String initial, Policy policy, String help) {
    add(name, FlagKind.STRING, initial, policy, help);
  }

  private void bool(String name, String initial, Policy policy, String help) {
    add(name, FlagKind.BOOL, initial, policy, help);
  }

  private void uint(String name, String initial, Policy policy, String help) {
    add(name, FlagKind.UINT, initial, policy, help);
  }

  private void uint32(String name, String initial, Policy policy, String help) {
    add(name, FlagKind.UINT32, initial, policy, help);
  }

  private void int64(String name, String initial, Policy policy, String help) {
    add(name, FlagKind.INT, initial, policy, help);
  }

  private void duration(String name, String initial, Policy policy, String help) {
    add(name, FlagKind.DURATION, initial, policy, help);
  }

  private void urls(String name, String initial, Policy policy, String help) {
    add(name, FlagKind.URLS, initial, policy, help);
  }

  private void choice(String name, List<String> choices, Policy policy, String help) {
    put(new Flag(name, FlagKind.STRING, choices.getFirst(), policy, choices, help));
  }

  private void add(String name, FlagKind kind, String initial, Policy policy, String help) {
    put(new Flag(name, kind, initial, policy, List.of(), help));
  }

  private void put(Flag flag) {
    byName.put(flag.name(), flag);
    bySection.computeIfAbsent(section, _ -> new ArrayList<>()).add(flag);
  }
}
