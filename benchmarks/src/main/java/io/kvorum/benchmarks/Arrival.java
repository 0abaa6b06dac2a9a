package io.kvorum.benchmarks;

import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/// What it took to bring one member up to date.
///
/// @param time from its start until it serves reads at the leader's revision
/// @param leader cost of the leader meanwhile; its CPU time is that of this arrival
/// @param joiner cost of the member that has come
record Arrival(Duration time, ProcessCost leader, ProcessCost joiner) {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration SETTLING = Duration.ofSeconds(2);

  /// Starts a member.
  @FunctionalInterface
  interface Start {
    void run() throws IOException;
  }

  static Arrival measure(GroupMember leader, GroupMember joiner, Start start)
      throws IOException, InterruptedException {
    long revision = RevisionWatch.revisionOf(leader);
    ServerProcess leading = leader.running();
    ProcessCost.resetPeak(leading.pid());
    double cpuBefore = ProcessCost.of(leading.pid()).cpuSeconds();
    long startNanos = System.nanoTime();
    start.run();
    RevisionWatch.await(joiner, revision, PATIENCE);
    Duration time = Duration.ofNanos(System.nanoTime() - startNanos);
    Thread.sleep(SETTLING);
    ProcessCost after = ProcessCost.of(leading.pid());
    return new Arrival(
        time,
        new ProcessCost(after.cpuSeconds() - cpuBefore, after.residentBytes(), after.peakBytes()),
        ProcessCost.of(joiner.running().pid()));
  }

  /// As a row of [ArrivalReport]'s table, without its first columns.
  String row() {
    return String.format(
        Locale.ROOT, "%.2f | %s | %s", time.toMillis() / 1e3, row(joiner), row(leader));
  }

  private static String row(ProcessCost cost) {
    return String.format(
        Locale.ROOT,
        "%.1f | %d | %d",
        cost.cpuSeconds(),
        cost.peakBytes() >> 20,
        cost.residentBytes() >> 20);
  }
}
