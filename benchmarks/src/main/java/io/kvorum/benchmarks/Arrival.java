package io.kvorum.benchmarks;

import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/// What it took to bring one member up to date.
///
/// @param time from its start until it serves reads at the leader's revision
/// @param leader cost of the leader meanwhile; CPU time is that of this arrival
/// @param joiner cost of the member that has come, likewise
record Arrival(Duration time, ProcessCost leader, ProcessCost joiner) {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration SETTLING = Duration.ofSeconds(2);

  /// Starts a member, or lets it go on.
  @FunctionalInterface
  interface Start {
    void run() throws IOException;
  }

  static Arrival measure(GroupMember leader, GroupMember joiner, Start start)
      throws IOException, InterruptedException {
    long revision = RevisionWatch.revisionOf(leader);
    ServerProcess leading = leader.running();
    ProcessCost.resetPeak(leading.pid());
    double leaderBefore = ProcessCost.of(leading.pid()).cpuSeconds();
    double joinerBefore =
        joiner.isRunning() ? ProcessCost.of(joiner.running().pid()).cpuSeconds() : 0;
    long startNanos = System.nanoTime();
    start.run();
    RevisionWatch.await(joiner, revision, PATIENCE);
    Duration time = Duration.ofNanos(System.nanoTime() - startNanos);
    Thread.sleep(SETTLING);
    return new Arrival(
        time,
        ProcessCost.of(leading.pid()).since(leaderBefore),
        ProcessCost.of(joiner.running().pid()).since(joinerBefore));
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
