package io.kvorum.testkit.nemesis;

import io.kvorum.testkit.cluster.PeerNetwork;
import io.kvorum.testkit.cluster.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/// Begins faults between members. All end in the same way, so there is one of them at a time.
final class NetworkFaults {
  private static final int LONGEST_DELAY_MILLIS = 150;
  private static final int LONGEST_UNBROKEN_MILLIS = 400;

  private final PeerNetwork network;
  private final int members;
  private final SplittableRandom random;

  NetworkFaults(PeerNetwork network, int members, SplittableRandom random) {
    this.network = network;
    this.members = members;
    this.random = random;
  }

  Fault.Ending isolate(int member) {
    for (int other : others(member)) {
      cutBothWays(new Route(member, other));
    }
    return healing();
  }

  Fault.Ending split() {
    List<Integer> shuffled = shuffled();
    int minority = (members - 1) / 2;
    cutApart(shuffled.subList(0, minority), shuffled.subList(minority, members));
    return healing();
  }

  Fault.Ending bridge() {
    List<Integer> shuffled = shuffled();
    int half = (members - 1) / 2;
    cutApart(shuffled.subList(1, 1 + half), shuffled.subList(1 + half, members));
    return healing();
  }

  Fault.Ending oneWay() {
    int member = random.nextInt(members);
    List<Integer> others = others(member);
    switch (random.nextInt(3)) {
      case 0 -> others.forEach(other -> network.cut(new Route(member, other)));
      case 1 -> others.forEach(other -> network.cut(new Route(other, member)));
      default -> network.cut(new Route(others.get(random.nextInt(others.size())), member));
    }
    return healing();
  }

  Fault.Ending slowDown() {
    for (int from = 0; from < members; from++) {
      for (int to : others(from)) {
        Duration delay = Duration.ofMillis(random.nextInt(LONGEST_DELAY_MILLIS));
        network.delay(new Route(from, to), delay);
      }
    }
    return healing();
  }

  Fault.Ending resetAgainAndAgain() {
    SplittableRandom pauses = random.split();
    Thread resetting =
        Thread.ofVirtual()
            .name("resets")
            .start(
                () -> {
                  try {
                    while (true) {
                      network.resetAll();
                      TimeUnit.MILLISECONDS.sleep(pauses.nextInt(LONGEST_UNBROKEN_MILLIS));
                    }
                  } catch (InterruptedException _) {
                    Thread.currentThread().interrupt(); // the fault has ended
                  }
                });
    return resetting::interrupt;
  }

  /// What was held back arrives late; or not at all, as behind a cut that outlasted the
  /// connections.
  private Fault.Ending healing() {
    boolean isLost = random.nextBoolean();
    return () -> {
      if (isLost) {
        network.resetAll();
      }
      network.heal();
    };
  }

  private void cutApart(List<Integer> one, List<Integer> other) {
    one.forEach(from -> other.forEach(to -> cutBothWays(new Route(from, to))));
  }

  private void cutBothWays(Route route) {
    network.cut(route);
    network.cut(route.back());
  }

  private List<Integer> others(int member) {
    return IntStream.range(0, members).filter(other -> other != member).boxed().toList();
  }

  private List<Integer> shuffled() {
    List<Integer> all = new ArrayList<>(IntStream.range(0, members).boxed().toList());
    Collections.shuffle(all, new Random(random.nextLong()));
    return all;
  }
}
