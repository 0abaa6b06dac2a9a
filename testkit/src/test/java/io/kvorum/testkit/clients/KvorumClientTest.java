package io.kvorum.testkit.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.kvorum.client.Client;
import io.kvorum.client.ClientException;
import io.kvorum.client.ClientException.Outcome;
import io.kvorum.client.CompactedException;
import io.kvorum.client.Delete;
import io.kvorum.client.Get;
import io.kvorum.client.Guard;
import io.kvorum.client.KeepAlive;
import io.kvorum.client.KeyRange;
import io.kvorum.client.Put;
import io.kvorum.client.Txn;
import io.kvorum.client.WatchListener;
import io.kvorum.client.WatchSpec;
import io.kvorum.proto.etcd.Compare.CompareResult;
import io.kvorum.proto.etcd.RangeRequest.SortOrder;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.proto.mvcc.KeyValue;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Our own Java client.
class KvorumClientTest {
  private static final int WAIT_SECONDS = 30;

  @TempDir Path directory;
  private ServerProcess server;
  private Client client;

  @BeforeEach
  void connect() throws Exception {
    server = ServerProcess.kvorum(directory);
    client =
        Client.builder("http://" + server.endpoint())
            .callTimeout(Duration.ofSeconds(WAIT_SECONDS))
            .build();
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /// Gathers what a watch sees.
  private static final class Seen implements WatchListener {
    final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    final BlockingQueue<Long> progress = new LinkedBlockingQueue<>();
    final BlockingQueue<ClientException> errors = new LinkedBlockingQueue<>();

    @Override
    public void onEvents(List<Event> newEvents) {
      events.addAll(newEvents);
    }

    @Override
    public void onProgress(long revision) {
      progress.add(revision);
    }

    @Override
    public void onError(ClientException reason) {
      errors.add(reason);
    }

    /// The revisions of the events up to the one of `last`.
    List<Long> revisionsUpTo(long last) throws InterruptedException {
      List<Long> revisions = new ArrayList<>();
      while (revisions.isEmpty() || revisions.getLast() < last) {
        revisions.add(take(events).getKv().getModRevision());
      }
      return revisions;
    }
  }

  private static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
    T taken = queue.poll(WAIT_SECONDS, TimeUnit.SECONDS);
    assertThat(taken).isNotNull();
    return taken;
  }

  @Test
  void keysWritten_readInEveryWay_andDeleted() {
    client.kv().put("a/1", "one").join();
    long revision = client.kv().put("a/2", "two").join().getHeader().getRevision();
    KeyValue before = client.kv().put(Put.of("a/2", "again").withPrevious()).join().getPrevKv();
    client.kv().put("b", "other").join();

    RangeResponse page =
        client.kv().get(Get.prefix("a/").limit(1).sorted(SortTarget.KEY, SortOrder.DESCEND)).join();
    assertThat(before.getValue()).isEqualTo(bytes("two"));
    assertThat(page.getKvs(0).getValue()).isEqualTo(bytes("again"));
    assertThat(page.getMore()).isTrue();
    assertThat(page.getCount()).isEqualTo(2);
    assertThat(client.kv().get(Get.of("a/2").revision(revision)).join().getKvs(0).getValue())
        .isEqualTo(bytes("two"));
    assertThat(client.kv().get(Get.of("b").serializable().keysOnly()).join().getKvs(0).getValue())
        .isEqualTo(ByteString.EMPTY);
    assertThat(client.kv().get(Get.of(KeyRange.all()).countOnly()).join().getCount()).isEqualTo(3);
    assertThat(client.kv().delete(Delete.prefix("a/").withPrevious()).join().getPrevKvsCount())
        .isEqualTo(2);
    assertThat(client.kv().delete("b").join().getDeleted()).isEqualTo(1);
    assertThat(client.kv().get(Get.of(KeyRange.all())).join().getKvsList()).isEmpty();
  }

  @Test
  void transaction_guardedInEveryWay_runsOneBranchWithWhatIsNestedInIt() {
    KeyRange key = KeyRange.key("k");
    long revision = client.kv().put("k", "old").join().getHeader().getRevision();

    TxnResponse outcome =
        client
            .kv()
            .txn(
                Txn.when(
                        Guard.present("k"),
                        Guard.absent("none"),
                        Guard.version(key, CompareResult.EQUAL, 1),
                        Guard.modRevision(key, CompareResult.LESS, revision + 1),
                        Guard.value(key, CompareResult.NOT_EQUAL, bytes("new")),
                        Guard.lease(key, CompareResult.EQUAL, 0))
                    .then(
                        Put.of("k", "new"),
                        Txn.when(Guard.value(key, CompareResult.EQUAL, bytes("old")))
                            .then(Get.of("k"))
                            .otherwise(Put.of("wrong", "branch")))
                    .otherwise(Delete.of("k")))
            .join();

    assertThat(outcome.getSucceeded()).isTrue();
    TxnResponse nested = outcome.getResponses(1).getResponseTxn();
    assertThat(nested.getResponses(0).getResponseRange().getKvs(0).getValue())
        .isEqualTo(bytes("new"));
    assertThat(
            client
                .kv()
                .txn(Txn.when(Guard.absent("k")).otherwise(Get.of("k")))
                .join()
                .getResponses(0)
                .getResponseRange()
                .getCount())
        .isEqualTo(1);
  }

  @Test
  void refusedWrite_isNotDone() {
    CompletionException failed =
        catchThrowableOfType(
            CompletionException.class, () -> client.kv().put(Put.of("k", "v").lease(5)).join());

    assertThat(failed)
        .cause()
        .isInstanceOfSatisfying(
            ClientException.class,
            failure -> {
              assertThat(failure.outcome()).isEqualTo(Outcome.NOT_DONE);
              assertThat(failure).hasMessage("etcdserver: requested lease not found");
            });
  }

  @Test
  void watch_serverKilledAndStartedAgain_seesEveryRevisionOnce() throws Exception {
    Seen seen = new Seen();
    long start = client.watch().watch(WatchSpec.prefix("w/"), seen).created().get();
    for (int i = 0; i < 20; i++) {
      client.kv().put("w/" + i, "before").get();
    }
    List<CompletableFuture<?>> underWay = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      underWay.add(client.kv().put("w/" + i, "when it is killed"));
    }

    server.kill();
    server = server.again();

    for (CompletableFuture<?> put : underWay) {
      Throwable failure = put.handle((answer, error) -> error).get(WAIT_SECONDS, TimeUnit.SECONDS);
      if (failure instanceof ClientException e) {
        assertThat(e.outcome()).as("%s", e).isEqualTo(Outcome.UNKNOWN);
      }
    }
    long last = 0;
    for (int i = 0; i < 20; i++) {
      last = client.kv().put("w/" + i, "after").get().getHeader().getRevision();
    }

    assertThat(seen.revisionsUpTo(last))
        .containsExactlyElementsOf(LongStream.rangeClosed(start + 1, last).boxed().toList());
    assertThat(seen.events).isEmpty();
    assertThat(seen.errors).isEmpty();
  }

  @Test
  void watch_ofCompactedHistory_saysWhatIsLeft() throws Exception {
    client.kv().put("k", "1").get();
    long revision = client.kv().put("k", "2").get().getHeader().getRevision();
    client.kv().compact(revision).get();
    Seen seen = new Seen();

    client.watch().watch(WatchSpec.of("k").from(1), seen);

    assertThat(take(seen.errors))
        .isInstanceOfSatisfying(
            CompactedException.class,
            compacted -> assertThat(compacted.compactedRevision()).isEqualTo(revision));
    client.watch().watch(WatchSpec.of("k").from(revision), seen);
    assertThat(take(seen.events).getKv().getValue()).isEqualTo(bytes("2"));
  }

  @Test
  void watch_ofOneLargeRevision_getsItWhole() throws Exception {
    ByteString value = ByteString.copyFrom(new byte[1 << 20]);
    client.kv().put("l/0", "first").get();
    for (int i = 0; i < 6; i++) {
      client.kv().put(Put.of(bytes("l/" + i), value)).get();
    }
    long last = client.kv().delete(Delete.prefix("l/")).get().getHeader().getRevision();
    BlockingQueue<Long> sizes = new LinkedBlockingQueue<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void onEvents(List<Event> events) {
            if (events.getLast().getKv().getModRevision() == last) {
              sizes.add(
                  events.stream()
                      .filter(event -> event.getKv().getModRevision() == last)
                      .mapToLong(event -> event.getPrevKv().getValue().size() >> 20)
                      .sum());
            }
          }

          @Override
          public void onError(ClientException reason) {
            sizes.add(-1L);
          }
        };

    client.watch().watch(WatchSpec.prefix("l/").from(2).withPrevious(), listener);

    assertThat(take(sizes)).as("MiB of previous values, in one call").isEqualTo(6);
  }

  @Test
  void progress_askedFor_isReported() throws Exception {
    Seen seen = new Seen();
    client.watch().watch(WatchSpec.of("k"), seen).created().get();
    long revision = client.kv().put("other", "1").get().getHeader().getRevision();

    client.watch().requestProgress();

    assertThat(take(seen.progress)).isGreaterThanOrEqualTo(revision);
  }

  @Test
  void lease_keptAliveOverARestart_thenRevoked_takesItsKeyAlong() throws Exception {
    long id = client.lease().grant(Duration.ofSeconds(60)).get().getID();
    client.kv().put(Put.of("k", "v").lease(id)).get();
    KeepAlive keepAlive = client.lease().keepAlive(id, Duration.ofSeconds(60));
    awaitRenewals(keepAlive, 1);

    server.kill();
    server = server.again();

    awaitRenewals(keepAlive, 2);
    assertThat(client.lease().timeToLiveWithKeys(id).get().getKeysList())
        .containsExactly(bytes("k"));
    client.lease().revoke(id).get();
    assertThat(client.lease().timeToLive(id).get().getTTL()).isEqualTo(-1);
    assertThat(client.kv().get("k").get().getCount()).isZero();
    keepAlive.close();
  }

  @Test
  void lease_shorterThanTheTest_isKeptAliveUntilRevoked() throws Exception {
    long id = client.lease().grant(Duration.ofSeconds(2)).get().getID();
    KeepAlive keepAlive = client.lease().keepAlive(id, Duration.ofSeconds(2));

    awaitRenewals(keepAlive, 5);
    assertThat(client.lease().timeToLive(id).get().getTTL()).isNotNegative();
    client.lease().revoke(id).get();

    assertThat(keepAlive.lost().get(WAIT_SECONDS, TimeUnit.SECONDS))
        .hasMessage("etcdserver: requested lease not found");
  }

  private static void awaitRenewals(KeepAlive keepAlive, long count) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
    while (keepAlive.renewals() < count) {
      assertThat(System.nanoTime()).isLessThan(deadlineNanos);
      Thread.sleep(10);
    }
  }
}
