package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.proto.etcd.MoveLeaderRequest;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.cluster.PlainCluster.Member;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Members of an earlier build that are replaced by this one, one by one: clients see nothing of
/// it, and the cluster makes use of what is new once the last of them is replaced (decision 13).
class UpgradeTest {
  private static final int SIGTERM_STATUS = 143;
  private static final Duration ENOUGH = Duration.ofSeconds(20);
  private static final Pattern LEVEL =
      Pattern.compile("^kvorum_cluster_feature_level (\\d+)", Pattern.MULTILINE);

  @TempDir Path directory;

  @Test
  void olderMembersReplacedOneByOneUnderLoad_noCallFails_levelRisesAfterTheLast() throws Exception {
    Optional<List<String>> older = ServerKind.olderKvorum();
    assumeTrue(
        older.isPresent(),
        "build an earlier commit (mvn -DskipTests -pl kvserver -am package) and pass"
            + " -Dkvorum.older='DIR/kvserver/target/*:DIR/kvserver/target/dist/lib/*'");
    try (PlainCluster cluster = PlainCluster.start(older.get(), directory)) {
      List<Member> order = new ArrayList<>(cluster.followers());
      order.add(cluster.leader());
      upgradeUnderLoad(order);
    }
  }

  /// The load's streams begin at the second member, and go on at the first, which is replaced by
  /// then.
  private static void upgradeUnderLoad(List<Member> order) throws Exception {
    List<String> endpoints = Stream.of(1, 0, 2).map(order::get).map(Member::endpoint).toList();
    try (SteadyLoad load = SteadyLoad.start(endpoints)) {
      load.awaitMoreWrites();

      replace(order.getFirst());
      load.awaitMoreWrites();
      assertThat(order.getLast().leads()).as("the new member follows an older one").isTrue();
      assertMixed(order);

      moveLeadership(order.getLast(), order.getFirst());
      load.awaitMoreWrites();
      assertMixed(order);

      replace(order.get(1));
      load.awaitMoreWrites();
      assertThat(order.getFirst().leads()).as("older members follow a new one").isTrue();
      assertMixed(order);

      replace(order.getLast());
      load.awaitMoreWrites();
      for (Member member : order) {
        awaitLevel(member, 2);
      }
      load.finish();
      KeyHash.assertEqualOn(order);
    }
  }

  private static void replace(Member member) throws Exception {
    assertThat(member.process().terminate()).isEqualTo(SIGTERM_STATUS);
    member.startAs(ServerKind.KVORUM.command());
    member.process().awaitHealthy();
  }

  private static void moveLeadership(Member from, Member to) {
    long target = to.status().getHeader().getMemberId();
    var _ =
        from.maintenance().moveLeader(MoveLeaderRequest.newBuilder().setTargetID(target).build());
  }

  /// All have the same data, and the cluster is at the first level if the older ones, such as the
  /// last, know of no other; one that knows of levels stops at those that are beyond it.
  private static void assertMixed(List<Member> order) throws Exception {
    KeyHash.assertEqualOn(order);
    if (level(order.getLast()).isEmpty()) {
      assertThat(level(order.getFirst())).hasValue(1);
    }
  }

  private static void awaitLevel(Member member, int wanted) throws Exception {
    long deadlineNanos = System.nanoTime() + ENOUGH.toNanos();
    while (level(member).orElse(0) != wanted) {
      assertThat(System.nanoTime()).as("the level rises").isLessThan(deadlineNanos);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  /// Of the cluster, as the member tells it; empty if its program knows of none.
  private static OptionalInt level(Member member) throws Exception {
    Matcher found = LEVEL.matcher(member.page("/metrics"));
    return found.find() ? OptionalInt.of(Integer.parseInt(found.group(1))) : OptionalInt.empty();
  }
}
