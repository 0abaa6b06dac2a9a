package io.kvorum.benchmarks;

import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.cluster.Cluster;
import io.kvorum.testkit.cluster.ClusterMember;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/// How long writes stop when the leader of three members goes, of Kvorum and of etcd in turns:
/// killed, from the kill to the first acknowledged write at the members that are left; stopped with
/// SIGTERM, the longest time between two acknowledged writes there. Default timings of both.
///
/// A write is begun every [#PACE] at each survivor, whether or not those before were answered.
public final class FailOver {
  private static final Duration PACE = Duration.ofMillis(10);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration BEFORE = Duration.ofMillis(500);
  private static final Duration AFTER = Duration.ofSeconds(2);

  private FailOver() {}

  /// One of the two, and what was measured.
  private record Side(
      ServerKind kind, Cluster cluster, List<Duration> killed, List<Duration> stopped)
      implements AutoCloseable {
    static Side start(ServerKind kind, Path directory) throws IOException {
      Path place = Files.createDirectories(directory.resolve(kind.name()));
      return new Side(
          kind,
          Cluster.start(Cluster.Settings.of(kind, 3, place)),
          new ArrayList<>(),
          new ArrayList<>());
    }

    void measure() throws Exception {
      killed.add(killLeader(cluster));
      stopped.add(stopLeader(cluster));
    }

    @Override
    public void close() {
      cluster.close();
    }
  }

  /// Measures, and prints a table.
  ///
  /// @param arguments the number of rounds; 20 without
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
    Path directory = Files.createTempDirectory("fail-over");
    try (Side kvorum = Side.start(ServerKind.KVORUM, directory);
        Side etcd = Side.start(ServerKind.ETCD, directory)) {
      for (int round = 0; round < rounds; round++) {
        kvorum.measure();
        etcd.measure();
      }
      report(System.out, kvorum, etcd);
    }
  }

  private static Duration killLeader(Cluster cluster) throws Exception {
    ClusterMember leader = leaderOf(cluster);
    try (PacedWriters writers = PacedWriters.at(survivors(cluster, leader), PACE)) {
      Thread.sleep(BEFORE);
      long begin = System.nanoTime();
      leader.kill();
      Duration gap = writers.firstAcknowledgedOfThoseBegunAfter(begin, PATIENCE);
      restart(leader);
      return gap;
    }
  }

  private static Duration stopLeader(Cluster cluster) throws Exception {
    ClusterMember leader = leaderOf(cluster);
    try (PacedWriters writers = PacedWriters.at(survivors(cluster, leader), PACE)) {
      Thread.sleep(BEFORE);
      long begin = System.nanoTime();
      boolean _ = leader.terminate(PATIENCE);
      Thread.sleep(AFTER);
      Duration gap = writers.longestPauseSince(begin);
      restart(leader);
      return gap;
    }
  }

  private static void restart(ClusterMember member) throws Exception {
    member.start();
    member.awaitHealthy();
    Thread.sleep(AFTER); // until everything is as it was
  }

  private static List<String> survivors(Cluster cluster, ClusterMember leader) {
    return cluster.endpoints().stream()
        .filter(endpoint -> !endpoint.equals(leader.endpoint()))
        .toList();
  }

  private static ClusterMember leaderOf(Cluster cluster) throws IOException {
    List<String> endpoints = cluster.endpoints();
    OptionalInt leader = PacedWriters.leaderAmong(endpoints);
    return cluster
        .members()
        .get(leader.orElseThrow(() -> new IOException("nobody leads " + endpoints)));
  }

  private static void report(PrintStream out, Side kvorum, Side etcd) {
    out.println("| leader | server | median ms | shortest | longest | rounds |");
    out.println("|---|---|---|---|---|---|");
    for (Side side : List.of(kvorum, etcd)) {
      print(out, "killed: until the first write", side.kind(), side.killed());
      print(out, "stopped: longest pause of writes", side.kind(), side.stopped());
    }
    out.printf(
        Locale.ROOT,
        "ratio of medians, Kvorum to etcd: killed %.2f, stopped %.2f%n",
        (double) median(kvorum.killed()) / median(etcd.killed()),
        (double) median(kvorum.stopped()) / median(etcd.stopped()));
  }

  private static void print(PrintStream out, String what, ServerKind kind, List<Duration> times) {
    List<Long> millis = times.stream().map(Duration::toMillis).sorted().toList();
    out.printf(
        "| %s | %s | %d | %d | %d | %d |%n",
        what, kind, median(times), millis.getFirst(), millis.getLast(), millis.size());
  }

  private static long median(List<Duration> times) {
    return times.stream().map(Duration::toMillis).sorted().toList().get(times.size() / 2);
  }
}
