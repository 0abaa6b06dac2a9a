package io.kvorum.testkit.nemesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.testkit.Seeds;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Clusters under faults. `-Dkvorum.nemesis.runs` says how many runs, `-Dkvorum.nemesis.seconds`
/// how long each is, `-Dkvorum.seed` with which seed they begin instead of the commit's.
class NemesisTest {
  private static final int RUNS = Integer.getInteger("kvorum.nemesis.runs", 1);
  private static final int SECONDS = Integer.getInteger("kvorum.nemesis.seconds", 20);

  /// From here on every kind of fault has its turn, whatever the seeds.
  private static final int SECONDS_FOR_ALL_FAULTS = 180;

  /// Stays when something is found, with what the members said.
  private final Path directory = Path.of(System.getProperty("java.io.tmpdir"));

  @Test
  void clustersUnderFaults_keepAllTheirPromises() throws Exception {
    assertKept(run(ServerKind.KVORUM, RUNS, SECONDS));
  }

  /// The judgement raises no false alarm.
  @Test
  void etcdUnderFaults_isFoundToKeepItsPromises() throws Exception {
    assumeTrue(ServerProcess.program("etcd").isPresent(), "install etcd-server");

    assertKept(run(ServerKind.ETCD, 1, Math.min(SECONDS, 20)));
  }

  /// Groups of three and of five in turn.
  private List<Report> run(ServerKind kind, int runs, int seconds) throws Exception {
    List<Report> reports = new ArrayList<>();
    Deque<FaultKind> deck = new ArrayDeque<>();
    for (int i = 0; i < runs; i++) {
      long seed = Seeds.chosen() + i;
      int members = i % 2 == 0 ? 3 : 5;
      Duration duration = Duration.ofSeconds(seconds);
      Report report =
          NemesisRun.run(new NemesisRun.Settings(kind, members, seed, duration), directory, deck);
      System.out.print(report.text());
      reports.add(report);
    }
    return reports;
  }

  private static void assertKept(List<Report> reports) {
    Set<FaultKind> seen = EnumSet.noneOf(FaultKind.class);
    for (Report report : reports) {
      String name = "seed 0x%x".formatted(report.settings().seed());
      assertThat(report.violations()).as(name).isEmpty();
      assertThat(report.acknowledgedWrites()).as(name).isGreaterThan(100);
      assertThat(report.faults()).as(name).isNotEmpty();
      assertThat(report.calls().keySet())
          .as(name)
          .contains("range done", "serializable range done", "cas done", "delete done")
          .contains("grant done", "keep-alive done", "compact done", "watch events");
      seen.addAll(report.faults().keySet());
    }
    Report first = reports.getFirst();
    if (reports.size() * first.settings().duration().toSeconds() >= SECONDS_FOR_ALL_FAULTS) {
      assertThat(seen).containsAll(first.available());
    }
  }
}
