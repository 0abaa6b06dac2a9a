package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.client.Client;
import io.kvorum.client.ClientException;
import io.kvorum.client.Get;
import io.kvorum.client.Put;
import io.kvorum.client.WatchListener;
import io.kvorum.client.WatchSpec;
import io.kvorum.client.Watcher;
import io.kvorum.proto.etcd.MemberAddRequest;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.cluster.PlainCluster.Member;
import io.kvorum.testkit.cluster.PlainCluster.Place;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two of three members are lost, and the third is forced to go on alone.
class ForceNewClusterTest {
  private static final String FORCE = "--force-new-cluster";
  private static final String UNCHECKED = "--strict-reconfig-check=false";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration TTL = Duration.ofMinutes(10);
  private static final long WITHOUT_QUORUM_MILLIS = 2_000;
  private static final int WRITES = 200;

  @TempDir private Path directory;
  private final List<ServerProcess> started = new ArrayList<>();
  private PlainCluster cluster;
  private Member survivor;
  private List<Member> lost;
  private StatusResponse before;

  @BeforeEach
  void start() throws Exception {
    cluster = PlainCluster.start(directory, UNCHECKED);
    Member leader = cluster.leader();
    survivor = cluster.followers().getFirst();
    lost = List.of(leader, cluster.followers().getLast());
    before = survivor.status();
  }

  @AfterEach
  void stop() {
    started.forEach(ServerProcess::close);
    cluster.close();
  }

  /// What clients were told.
  ///
  /// @param keys in the order in which they were written, each at a revision of its own from 2 on
  private record Acknowledged(List<String> keys, long lease) {}

  /// Kills a follower, and later the leader, under writes: the survivor holds whatever was
  /// acknowledged, and has not heard of the last that it is committed.
  private Acknowledged writeAndLoseTwo() throws Exception {
    List<String> keys = new ArrayList<>();
    CountDownLatch enough = new CountDownLatch(WRITES);
    try (Client client = Client.of(lost.getFirst().endpoint())) {
      long lease = client.lease().grant(TTL).join().getID();
      client.kv().put(Put.of("leased", "v").lease(lease)).join();
      keys.add("leased");
      lost.getLast().process().kill();
      Thread killer = Thread.ofVirtual().start(() -> killLeaderAfter(enough));
      try {
        while (true) {
          String key = "k" + keys.size();
          client.kv().put(key, "v").join();
          keys.add(key);
          enough.countDown();
        }
      } catch (CompletionException _) {
        killer.join();
        return new Acknowledged(List.copyOf(keys), lease);
      }
    }
  }

  private void killLeaderAfter(CountDownLatch writes) {
    try {
      writes.await();
      lost.getFirst().process().kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Starts the survivor anew, after its process was killed.
  private void restartSurvivor(String... flags) throws IOException {
    List<String> all = new ArrayList<>(List.of(UNCHECKED));
    all.addAll(List.of(flags));
    ServerProcess process = survivor.place().spawn(cluster.founders(), all.toArray(String[]::new));
    started.add(process);
    process.awaitHealthy();
  }

  private void killSurvivor() {
    survivor.process().kill();
    started.forEach(ServerProcess::kill);
  }

  private void assertAlone() {
    assertThat(members()).containsExactly(before.getHeader().getMemberId());
    assertThat(survivor.status().getHeader().getClusterId())
        .isEqualTo(before.getHeader().getClusterId());
  }

  private List<Long> members() {
    return survivor
        .cluster()
        .memberList(MemberListRequest.getDefaultInstance())
        .getMembersList()
        .stream()
        .map(member -> member.getID())
        .toList();
  }

  private void assertHas(Acknowledged written) throws Exception {
    try (Client client = Client.of(survivor.endpoint())) {
      List<String> keys = written.keys();
      assertThat(client.kv().get(Get.prefix("").keysOnly()).join().getKvsList())
          .extracting(pair -> pair.getKey().toStringUtf8())
          .containsAll(keys);
      assertThat(firstEvents(client, keys.size())).isEqualTo(keys);
      var lease = client.lease().timeToLiveWithKeys(written.lease()).join();
      assertThat(lease.getTTL()).isPositive();
      assertThat(lease.getKeysList())
          .extracting(key -> key.toStringUtf8())
          .containsExactly("leased");
      assertThat(client.kv().put("later", "v").join().getHeader().getRevision())
          .isGreaterThan(keys.size() + 1L);
    }
  }

  /// The keys of the first changes, as a watch from the first revision sees them.
  private static List<String> firstEvents(Client client, int count) throws InterruptedException {
    BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void onEvents(List<Event> some) {
            events.addAll(some);
          }

          @Override
          public void onError(ClientException reason) {
            throw new AssertionError(reason);
          }
        };
    List<String> keys = new ArrayList<>();
    try (Watcher _ = client.watch().watch(WatchSpec.prefix("").from(1), listener)) {
      while (keys.size() < count) {
        Event event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(event).as("event after %d", keys.size()).isNotNull();
        keys.add(event.getKv().getKey().toStringUtf8());
        assertThat(event.getKv().getModRevision()).isEqualTo(keys.size() + 1L);
      }
    }
    return keys;
  }

  @Test
  void lastOfThree_forced_keepsWhatWasAcknowledged_andGrowsAgain() throws Exception {
    Acknowledged written = writeAndLoseTwo();
    killSurvivor();
    assertDoesNotServeAlone();

    restartSurvivor(FORCE);
    assertAlone();
    assertHas(written);
    assertThat(survivor.place().output()).content().contains("FORCING A NEW CLUSTER");

    killSurvivor(); // its state was never made durable: the log is applied anew
    restartSurvivor(FORCE);
    assertAlone();
    assertHas(written);

    List<Member> grown = grow();
    killSurvivor();
    restartSurvivor();
    assertThat(members()).hasSize(PlainCluster.SIZE).contains(before.getHeader().getMemberId());
    for (Member member : grown) {
      try (Client client = Client.of(member.endpoint())) {
        assertThat(client.kv().get(written.keys().getLast()).join().getCount()).isOne();
      }
      member.close();
    }
  }

  /// Without the flag there is no quorum.
  private void assertDoesNotServeAlone() throws Exception {
    try (ServerProcess process = survivor.place().spawn(cluster.founders())) {
      TimeUnit.MILLISECONDS.sleep(WITHOUT_QUORUM_MILLIS);
      assertThat(process.isAlive()).isTrue();
      assertThat(canConnect(process.clientPort())).isFalse();
    }
  }

  private static boolean canConnect(int port) throws IOException {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (ConnectException _) {
      return false;
    }
  }

  /// Adds two members, one after the other, and returns them once all have the same members.
  private List<Member> grow() throws Exception {
    List<Place> places = new ArrayList<>(List.of(survivor.place()));
    List<Member> grown = new ArrayList<>();
    for (String name : List.of("n3", "n4")) {
      Place place = Place.of(directory, name);
      places.add(place);
      var _ =
          survivor
              .cluster()
              .memberAdd(MemberAddRequest.newBuilder().addPeerURLs(place.peerUrl()).build());
      Member member =
          new Member(
              place,
              place.spawn(
                  PlainCluster.founders(places), UNCHECKED, "--initial-cluster-state=existing"));
      grown.add(member);
      member.process().awaitHealthy();
    }
    return grown;
  }

  @Test
  void oldMembers_comingBack_areToldThatTheyWereRemoved_andDisturbNobody() throws Exception {
    Acknowledged written = writeAndLoseTwo();
    killSurvivor();
    restartSurvivor(FORCE);
    long term = survivor.status().getRaftTerm();

    assertEnd(spawnLost());
    assertThat(survivor.status().getRaftTerm()).isEqualTo(term);
    assertAlone();

    killSurvivor(); // together they are the quorum of the old cluster, which its log still tells of
    List<ServerProcess> back = spawnLost();
    restartSurvivor();
    assertEnd(back);
    assertAlone();
    assertHas(written);
  }

  private List<ServerProcess> spawnLost() throws IOException {
    List<ServerProcess> back = new ArrayList<>();
    for (Member member : lost) {
      back.add(member.place().spawn(cluster.founders()));
    }
    started.addAll(back);
    return back;
  }

  private void assertEnd(List<ServerProcess> back) throws Exception {
    for (ServerProcess process : back) {
      assertThat(process.awaitExit(PATIENCE)).isZero();
      assertThat(process.output()).content().contains("permanently removed from the cluster");
    }
  }
}
