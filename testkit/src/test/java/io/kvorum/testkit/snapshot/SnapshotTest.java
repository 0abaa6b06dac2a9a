package io.kvorum.testkit.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.testkit.snapshot.SmallCluster.Node;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A follower that was away for longer than the log reaches back.
@Timeout(300)
class SnapshotTest {
  private static final String INSTALLED = "installed snapshot";
  private static final int WRITES = 200;

  /// More than a leader sends ahead to a member that does not answer.
  private static final int MANY_WRITES = 1_200;

  @TempDir private Path directory;
  private SmallCluster cluster;
  private Node follower;

  @BeforeEach
  void start() throws Exception {
    cluster = SmallCluster.start(directory);
    follower = cluster.follower();
    cluster.leader().put("first", ByteString.EMPTY);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void followerKilled_logDroppedMeanwhile_startsAndCatchesUpBySnapshot() throws Exception {
    follower.kill();
    long last = cluster.writeWithout(follower, WRITES, 100);

    follower.restart();

    cluster.assertEqualAt(last);
    assertThat(follower.timesLogged(INSTALLED)).isPositive();
    assertThat(follower.metric("etcd_network_snapshot_receive_success")).isPositive();
    follower.kill();
    follower.restart();
    cluster.assertEqualAt(last);
  }

  @Test
  void memberAdded_withAnEmptyState_startsWithASnapshot() throws Exception {
    Node leader = cluster.leader();
    for (int i = 0; i < 50; i++) {
      leader.put("k" + i, ByteString.copyFromUtf8("v"));
    }

    Node joined = cluster.join();

    assertThat(joined.timesLogged(INSTALLED)).isPositive();
    cluster.assertEqualAt(leader.put("last", ByteString.EMPTY));
    joined.kill();
    joined.restart();
    cluster.assertEqualAt(leader.put("last", ByteString.EMPTY));
  }

  @Test
  void followerPaused_withAWatchOpen_installsWhileServingAndTheWatchMissesNothing()
      throws Exception {
    BlockingQueue<WatchResponse> responses = watch(follower);
    follower.signal("STOP");
    long last = cluster.writeWithout(follower, MANY_WRITES, 100);

    follower.signal("CONT");
    CompletableFuture<Long> serializable = CompletableFuture.supplyAsync(() -> readUntil(last));
    var linearizable = follower.kv().range(follower.get("last").build());

    assertThat(linearizable.getKvs(0).getValue().toStringUtf8()).isEqualTo(Long.toString(last));
    assertThat(serializable.get()).isPositive();
    assertThat(follower.timesLogged(INSTALLED)).isPositive();
    long next = 3; // after the one before the watch
    while (next <= last) {
      WatchResponse response = take(responses);
      assertThat(response.getCanceled()).isFalse();
      for (var event : response.getEventsList()) {
        assertThat(event.getKv().getModRevision()).isEqualTo(next);
        next++;
      }
    }
    cluster.assertEqualAt(last);
  }

  /// Reads of this member never see its state fall.
  private long readUntil(long last) {
    long reads = 0;
    long seen = 0;
    while (seen < last) {
      long revision =
          follower
              .kv()
              .range(follower.get("last").setSerializable(true).build())
              .getHeader()
              .getRevision();
      assertThat(revision).isGreaterThanOrEqualTo(seen);
      seen = revision;
      reads++;
    }
    return reads;
  }

  @Test
  void followerPaused_historyCompactedMeanwhile_theWatchIsCancelledAsCompacted() throws Exception {
    BlockingQueue<WatchResponse> responses = watch(follower);
    follower.signal("STOP");
    long written = cluster.writeWithout(follower, MANY_WRITES, 100);
    Node other = cluster.leader();
    var _ = other.kv().compact(CompactionRequest.newBuilder().setRevision(written).build());
    long last = cluster.writeWithout(follower, WRITES, 100);

    follower.signal("CONT");

    WatchResponse response = take(responses);
    while (!response.getCanceled()) { // what was sent before the follower was given up
      response = take(responses);
    }
    assertThat(response.getCompactRevision()).isEqualTo(written);
    assertThat(follower.timesLogged(INSTALLED)).isPositive();
    cluster.assertEqualAt(last);
  }

  @Test
  void receiverKilled_duringTheTransfer_startsAgainAndCatchesUp() throws Exception {
    long last = loadWithoutFollower();
    for (int round = 0; round < 3; round++) {
      follower.spawn();
      awaitTransfer();
      follower.kill();
    }

    follower.restart();

    cluster.assertEqualAt(last);
    assertThat(follower.timesLogged(INSTALLED)).isPositive();
  }

  @Test
  void senderKilled_duringTheTransfer_theFollowerGetsItFromTheNextLeader() throws Exception {
    long last = loadWithoutFollower();
    Node leader = cluster.leader();
    follower.spawn();
    awaitTransfer();

    leader.kill();

    leader.restart();
    cluster.assertEqualAt(last);
    assertThat(follower.timesLogged(INSTALLED)).isPositive();
  }

  private long loadWithoutFollower() {
    follower.kill();
    return cluster.writeWithout(follower, 100, 1 << 20);
  }

  private void awaitTransfer() {
    while (!Files.exists(follower.incoming())) {
      Thread.onSpinWait();
    }
  }

  private static BlockingQueue<WatchResponse> watch(Node node) throws InterruptedException {
    BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
    StreamObserver<WatchRequest> requests =
        WatchGrpc.newStub(node.channel())
            .watch(
                new StreamObserver<>() {
                  @Override
                  public void onNext(WatchResponse response) {
                    responses.add(response);
                  }

                  @Override
                  public void onError(Throwable failure) {}

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("\0"))
                    .setRangeEnd(ByteString.copyFromUtf8("\0"))
                    .setStartRevision(3))
            .build());
    assertThat(take(responses).getCreated()).isTrue();
    return responses;
  }

  private static WatchResponse take(BlockingQueue<WatchResponse> responses)
      throws InterruptedException {
    WatchResponse response = responses.poll(60, TimeUnit.SECONDS);
    assertThat(response).as("nothing came").isNotNull();
    return response;
  }
}
