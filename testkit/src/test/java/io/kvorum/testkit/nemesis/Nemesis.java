package io.kvorum.testkit.nemesis;

import io.kvorum.testkit.cluster.Cluster;
import io.kvorum.testkit.cluster.ClusterMember;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Lets one fault after the other befall a cluster, now and then two at a time, with some calm in
/// between, which most of the time is long enough for writes to go on. Each kind comes once before
/// any comes again.
final class Nemesis {
  private static final int SHORTEST_CALM_MILLIS = 200;
  private static final int LONGEST_CALM_MILLIS = 2_500;
  private static final int SHORTEST_FAULT_MILLIS = 300;
  private static final int LONGEST_FAULT_MILLIS = 4_000;
  private static final int RECOVERED_WRITES = 20;
  private static final int LONGEST_RECOVERY_MILLIS = 20_000;

  private final Cluster cluster;
  private final Faults faults;
  private final Collection<FaultKind> kinds;
  private final LongSupplier acknowledgedWrites;
  private final SplittableRandom random;
  private final Deque<FaultKind> deck;
  private final Map<FaultKind, Integer> counts = new EnumMap<>(FaultKind.class);
  private final List<String> violations = new ArrayList<>();

  /// @param kinds those that can be had here
  /// @param deck kinds whose turn comes next; what is left at the end is for the run that follows
  /// @param acknowledgedWrites how many there were so far
  Nemesis(
      Cluster cluster,
      Faults faults,
      Collection<FaultKind> kinds,
      Deque<FaultKind> deck,
      LongSupplier acknowledgedWrites,
      SplittableRandom random) {
    this.cluster = cluster;
    this.faults = faults;
    this.kinds = kinds;
    this.deck = deck;
    this.acknowledgedWrites = acknowledgedWrites;
    this.random = random;
  }

  /// Returns when it is late and all faults have ended; every member has been started again, and
  /// may not be healthy yet.
  void run(long endNanos) throws IOException, InterruptedException {
    pause(SHORTEST_CALM_MILLIS, LONGEST_CALM_MILLIS);
    while (System.nanoTime() < endNanos) {
      List<Fault> present = new ArrayList<>();
      present.add(begin(draw()));
      if (random.nextInt(3) == 0) {
        pause(0, SHORTEST_FAULT_MILLIS);
        FaultKind other = draw();
        if (other.area() != present.getFirst().kind().area()) {
          present.add(begin(other));
        } else {
          deck.addLast(other);
        }
      }
      pause(SHORTEST_FAULT_MILLIS, LONGEST_FAULT_MILLIS);
      if (random.nextBoolean()) {
        Collections.reverse(present);
      }
      for (Fault fault : present) {
        fault.end();
      }
      startAll(present);
      if (random.nextInt(4) > 0) {
        awaitRecovery();
      }
      pause(SHORTEST_CALM_MILLIS, LONGEST_CALM_MILLIS);
    }
    startAll(List.of());
  }

  private Fault begin(FaultKind kind) throws IOException, InterruptedException {
    counts.merge(kind, 1, Integer::sum);
    return faults.begin(kind);
  }

  private FaultKind draw() {
    if (deck.isEmpty()) {
      List<FaultKind> shuffled = new ArrayList<>(kinds);
      Collections.shuffle(shuffled, new Random(random.nextLong()));
      deck.addAll(shuffled);
    }
    return deck.removeFirst();
  }

  /// Starts whoever does not run; to have ended by itself is allowed to victims of some faults
  /// only.
  private void startAll(List<Fault> ended) throws IOException, InterruptedException {
    faults.bringBack().ifPresent(violations::add);
    Set<ClusterMember> excused = new HashSet<>();
    ended.stream()
        .filter(fault -> fault.kind().mayEndMember())
        .forEach(fault -> excused.addAll(fault.victims()));
    for (ClusterMember member : cluster.members()) {
      if (member.hasEndedByItself() && !excused.contains(member)) {
        violations.add(member.name() + " has ended by itself, see " + member.output());
      }
      member.start();
    }
  }

  private void awaitRecovery() throws InterruptedException {
    long enough = acknowledgedWrites.getAsLong() + RECOVERED_WRITES;
    for (int waited = 0;
        waited < LONGEST_RECOVERY_MILLIS && acknowledgedWrites.getAsLong() < enough;
        waited += SHORTEST_CALM_MILLIS) {
      TimeUnit.MILLISECONDS.sleep(SHORTEST_CALM_MILLIS);
    }
  }

  private void pause(int shortestMillis, int longestMillis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(random.nextInt(shortestMillis, longestMillis));
  }

  /// How many faults of each kind there were.
  Map<FaultKind, Integer> counts() {
    return counts;
  }

  List<String> violations() {
    return violations;
  }
}
