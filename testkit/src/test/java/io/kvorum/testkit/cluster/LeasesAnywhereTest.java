package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.kvorum.client.Client;
import io.kvorum.client.KeepAlive;
import io.kvorum.client.Put;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import io.kvorum.proto.etcd.LeaseTimeToLiveResponse;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.testkit.ServerKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The leader keeps the leases, and every member answers for it.
class LeasesAnywhereTest {
  private static final int MEMBERS = 3;
  private static final int WAIT_SECONDS = 30;
  private static final Duration TTL = Duration.ofSeconds(6);

  private static final List<Client> clients = new ArrayList<>();
  private static final List<ManagedChannel> channels = new ArrayList<>();
  private static Cluster cluster;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    cluster = Cluster.start(Cluster.Settings.of(ServerKind.KVORUM, MEMBERS, directory));
    for (String endpoint : cluster.endpoints()) {
      clients.add(
          Client.builder("http://" + endpoint)
              .callTimeout(Duration.ofSeconds(WAIT_SECONDS))
              .build());
      channels.add(Grpc.newChannelBuilder(endpoint, InsecureChannelCredentials.create()).build());
    }
  }

  @AfterAll
  static void stop() {
    clients.forEach(Client::close);
    channels.forEach(ManagedChannel::shutdownNow);
    cluster.close();
  }

  /// Whoever has granted it may be ahead of the leader when it says so.
  @Test
  void leaseGrantedOnOneMember_isKnownOnAllOthersAtOnce() throws Exception {
    for (int i = 0; i < 30; i++) {
      int granter = i % MEMBERS;
      int second = (granter + 1) % MEMBERS;
      int third = (granter + 2) % MEMBERS;
      long lease = clients.get(granter).lease().grant(TTL).get().getID();

      assertThat(keepAlive(second, List.of(lease)).getFirst().getTTL()).isEqualTo(TTL.toSeconds());
      clients.get(second).kv().put(Put.of("k" + i, "v").lease(lease)).get();
      LeaseTimeToLiveResponse asked = clients.get(third).lease().timeToLiveWithKeys(lease).get();

      assertThat(asked.getTTL()).isBetween(TTL.toSeconds() - 2, TTL.toSeconds());
      assertThat(asked.getGrantedTTL()).isEqualTo(TTL.toSeconds());
      assertThat(asked.getKeysList())
          .extracting(key -> key.toStringUtf8())
          .containsExactly("k" + i);
      assertThat(asked.getHeader().getMemberId())
          .isEqualTo(status(third).getHeader().getMemberId());
      clients.get(third).lease().revoke(lease).get();
      assertThat(keepAlive(second, List.of(lease)).getFirst().getTTL()).isZero();
      assertThat(clients.get(granter).lease().timeToLive(lease).get().getTTL()).isEqualTo(-1);
    }
  }

  @Test
  void thousandLeases_keptAliveTogetherOnEveryMember_areAnsweredInOrder() throws Exception {
    List<Long> leases = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      leases.add(clients.getFirst().lease().grant(Duration.ofSeconds(60 + i % 3)).get().getID());
    }

    for (int member = 0; member < MEMBERS; member++) {
      List<LeaseKeepAliveResponse> answers = keepAlive(member, leases);

      assertThat(answers).extracting(LeaseKeepAliveResponse::getID).isEqualTo(leases);
      assertThat(answers)
          .extracting(LeaseKeepAliveResponse::getTTL)
          .containsExactlyElementsOf(LongStream.range(0, 1_000).mapToObj(i -> 60 + i % 3).toList());
    }
  }

  @Test
  void leaderKilled_leaseKeptAliveElsewhereLives_andEndsWhenItsClientStops() throws Exception {
    int leader = leader();
    Client keeper = clients.get((leader + 1) % MEMBERS);
    Client other = clients.get((leader + 2) % MEMBERS);
    long lease = clients.get(leader).lease().grant(TTL).get().getID();
    keeper.kv().put(Put.of("k", "v").lease(lease)).get();
    KeepAlive kept = keeper.lease().keepAlive(lease, TTL);
    awaitRenewals(kept, 1);

    cluster.members().get(leader).kill();
    long killedNanos = System.nanoTime();
    awaitRenewals(kept, kept.renewals() + 1);
    Duration silence = Duration.ofNanos(System.nanoTime() - killedNanos);
    awaitRenewals(kept, kept.renewals() + 6);

    assertThat(silence).isLessThan(TTL);
    assertThat(kept.lost()).isNotDone();
    assertThat(other.lease().timeToLive(lease).get().getTTL()).isPositive();
    assertThat(other.kv().get("k").get().getCount()).isEqualTo(1);

    kept.close();
    long closedNanos = System.nanoTime();
    while (other.lease().timeToLive(lease).get().getTTL() >= 0) {
      assertThat(Duration.ofNanos(System.nanoTime() - closedNanos)).isLessThan(TTL.plusSeconds(5));
      TimeUnit.MILLISECONDS.sleep(100);
    }
    assertThat(other.kv().get("k").get().getCount()).isZero();
    cluster.members().get(leader).start();
    cluster.members().get(leader).awaitHealthy();
  }

  private static void awaitRenewals(KeepAlive kept, long renewals) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
    while (kept.renewals() < renewals) {
      assertThat(kept.lost()).isNotDone();
      assertThat(System.nanoTime()).isLessThan(deadlineNanos);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private StatusResponse status(int member) {
    return MaintenanceGrpc.newBlockingStub(channels.get(member))
        .status(StatusRequest.getDefaultInstance());
  }

  private int leader() {
    for (int i = 0; i < MEMBERS; i++) {
      StatusResponse status = status(i);
      if (status.getLeader() == status.getHeader().getMemberId()) {
        return i;
      }
    }
    throw new AssertionError("nobody leads");
  }

  /// Renews the leases on one stream, all at once.
  private List<LeaseKeepAliveResponse> keepAlive(int member, List<Long> leases) throws Exception {
    List<LeaseKeepAliveResponse> answers = new ArrayList<>();
    CompletableFuture<List<LeaseKeepAliveResponse>> ended = new CompletableFuture<>();
    StreamObserver<LeaseKeepAliveRequest> requests =
        LeaseGrpc.newStub(channels.get(member))
            .leaseKeepAlive(
                new StreamObserver<>() {
                  @Override
                  public void onNext(LeaseKeepAliveResponse answer) {
                    answers.add(answer);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    ended.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    ended.complete(answers);
                  }
                });
    leases.forEach(id -> requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build()));
    requests.onCompleted();
    return ended.get(WAIT_SECONDS, TimeUnit.SECONDS);
  }
}
