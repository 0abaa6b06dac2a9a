package io.kvorum.testkit.nemesis;

import io.kvorum.testkit.Directories;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.SmallDisk;
import io.kvorum.testkit.cluster.Cluster;
import io.kvorum.testkit.cluster.ClusterMember;
import io.kvorum.testkit.history.Committed;
import io.kvorum.testkit.history.HistoryCheck;
import io.kvorum.testkit.history.LeaseCheck;
import io.kvorum.testkit.history.LeaseRecord;
import io.kvorum.testkit.history.WatchCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/// One run: a new cluster under load, faults for a while, then calm until all members are equal,
/// and the judgement over everything that clients were told.
///
/// The seed decides load and faults as far as one can: processes and their threads go their own
/// ways.
final class NemesisRun {
  private static final int DISK_MEBIBYTES = 600;
  private static final String SNAPSHOT_INSTALLED = "\"msg\":\"installed snapshot\"";
  private static final int[] SNAPSHOT_COUNTS = {100, 1_000, 10_000};

  /// With few, who was away for a while needs a snapshot.
  private static final int[] CATCH_UP_ENTRIES = {20, 200, 5_000};

  /// Until when a lease that nobody renews has to be gone is for [Settlement].
  private static final long NO_LIMIT_NANOS = Duration.ofDays(1).toNanos();

  /// What is to be run.
  record Settings(ServerKind kind, int members, long seed, Duration duration) {}

  private final Settings settings;
  private final Path directory;
  private final Deque<FaultKind> deck;
  private final boolean hasDisks;
  private final SplittableRandom random;

  private NemesisRun(Settings settings, Path directory, Deque<FaultKind> deck, boolean hasDisks) {
    this.settings = settings;
    this.directory = directory;
    this.deck = deck;
    this.hasDisks = hasDisks;
    this.random = new SplittableRandom(settings.seed());
  }

  /// Runs in a new directory below `parent`, which stays if there are violations.
  ///
  /// @param deck kinds of faults whose turn comes next, handed on from run to run
  static Report run(Settings settings, Path parent, Deque<FaultKind> deck)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory(parent, "nemesis-");
    Report report =
        new NemesisRun(settings, directory, deck, SmallDisk.isAvailable(directory)).run();
    if (report.violations().isEmpty()) {
      Directories.delete(directory);
    }
    return report;
  }

  /// The kinds of faults that this server and this machine allow: a disk of its own needs the right
  /// to mount one, what is done to syncs and clocks a C compiler, and a server that calls the
  /// system C library.
  private Set<FaultKind> available() {
    Set<FaultKind> kinds = EnumSet.allOf(FaultKind.class);
    if (!hasDisks) {
      kinds.remove(FaultKind.FULL_DISK);
    }
    if (compiler().isEmpty()) {
      kinds.remove(FaultKind.POWER_LOSS);
      kinds.remove(FaultKind.SLOW_SYNC);
      kinds.remove(FaultKind.FAILING_SYNC);
      kinds.remove(FaultKind.CLOCK_JUMP);
    }
    return kinds;
  }

  private Optional<Path> compiler() {
    return switch (settings.kind()) {
      case KVORUM -> ServerProcess.program("gcc");
      case ETCD -> Optional.empty();
    };
  }

  private List<String> flags() {
    List<String> flags = new ArrayList<>();
    flags.add("--snapshot-count=" + oneOf(SNAPSHOT_COUNTS));
    int catchUpEntries = oneOf(CATCH_UP_ENTRIES);
    if (settings.kind() == ServerKind.KVORUM) { // etcd 3.4 has no such flag
      flags.add("--snapshot-catchup-entries=" + catchUpEntries);
    }
    return flags;
  }

  private int oneOf(int[] numbers) {
    return numbers[random.nextInt(numbers.length)];
  }

  private Report run() throws IOException, InterruptedException {
    Cluster.Settings members =
        new Cluster.Settings(
            settings.kind(),
            settings.members(),
            directory,
            hasDisks ? OptionalInt.of(DISK_MEBIBYTES) : OptionalInt.empty(),
            compiler(),
            flags());
    try (Cluster cluster = Cluster.start(members);
        Leadership leadership = new Leadership(cluster.endpoints());
        Membership membership = new Membership(cluster.endpoints());
        Load load = new Load(settings.kind(), cluster.endpoints(), random.split())) {
      Set<FaultKind> kinds = available();
      Faults faults = new Faults(cluster, leadership, membership, random.split());
      Nemesis nemesis =
          new Nemesis(cluster, faults, kinds, deck, load.recorder()::writes, random.split());
      long startNanos = System.nanoTime();
      nemesis.run(startNanos + settings.duration().toNanos());
      load.stop();
      long endNanos = System.nanoTime();
      Settlement settlement = new Settlement(cluster, load);
      settlement.await();
      load.endWatches();
      List<String> violations = judge(load, settlement.revision());
      violations.addAll(settlement.violations());
      violations.addAll(nemesis.violations());
      return new Report(
          settings,
          directory,
          load.recorder().counts(),
          kinds,
          nemesis.counts(),
          faults.lost(),
          leadership.terms(),
          snapshots(cluster),
          Unavailability.between(startNanos, endNanos, load.recorder().writesNanos()),
          violations);
    }
  }

  /// How many snapshots all members have received and taken over.
  private static long snapshots(Cluster cluster) throws IOException {
    long installed = 0;
    for (ClusterMember member : cluster.members()) {
      try (Stream<String> lines = Files.lines(member.output())) {
        installed += lines.filter(line -> line.contains(SNAPSHOT_INSTALLED)).count();
      }
    }
    return installed;
  }

  private List<String> judge(Load load, long lastRevision) {
    Archive archive = load.archive();
    Committed committed = archive.committed();
    List<LeaseRecord> leases = load.leases();
    List<String> violations = new ArrayList<>();
    violations.addAll(HistoryCheck.violations(load.recorder().operations(), committed, leases));
    violations.addAll(WatchCheck.violations(archive.record(), committed, lastRevision));
    violations.addAll(load.watchers().violations(committed, lastRevision));
    for (LeaseRecord lease : leases) {
      violations.addAll(
          switch (settings.kind()) {
            case KVORUM -> LeaseCheck.violations(lease, committed, NO_LIMIT_NANOS);
            // A leader that was paused or cut off goes on to renew and revoke leases for a while
            // after it was replaced: https://github.com/etcd-io/etcd/issues/15247.
            case ETCD -> LeaseCheck.partialEnds(lease, committed);
          });
    }
    return violations;
  }
}
