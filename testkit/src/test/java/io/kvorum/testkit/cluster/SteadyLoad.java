package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.client.Client;
import io.kvorum.client.ClientException;
import io.kvorum.client.Get;
import io.kvorum.client.KeepAlive;
import io.kvorum.client.Put;
import io.kvorum.client.WatchListener;
import io.kvorum.client.WatchSpec;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.proto.mvcc.KeyValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/// Clients that go on while members come and go: writers that never write a key twice and read
/// another one's, a watch of everything they write, a lease kept alive. They count every failure
/// that is left when the client has made all its attempts.
///
/// Nobody else may write to the cluster: the revisions of the writers are all there are.
final class SteadyLoad implements AutoCloseable {
  private static final String PREFIX = "load/";
  private static final String LEASED = "leased";
  private static final int WRITERS_PER_CLIENT = 3;
  private static final int PAUSE_MILLIS = 2;
  private static final int SOME_WRITES = 200;
  private static final Duration TTL = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<Client> clients = new ArrayList<>();
  private final List<CompletableFuture<Void>> writers = new ArrayList<>();
  private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
  private final Queue<Long> writtenNanos = new ConcurrentLinkedQueue<>();
  private final AtomicLong reads = new AtomicLong();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<KeyValue> seen = Collections.synchronizedList(new ArrayList<>());
  private final long firstRevision;
  private final long lease;
  private final KeepAlive kept;
  private volatile boolean stopping;

  private SteadyLoad(List<String> endpoints) {
    for (int first = 0; first < endpoints.size(); first++) {
      List<String> order = new ArrayList<>(endpoints);
      Collections.rotate(order, -first);
      clients.add(Client.of(order.toArray(String[]::new)));
    }
    Client granter = clients.getFirst();
    lease = granter.lease().grant(TTL).join().getID();
    kept = granter.lease().keepAlive(lease, TTL);
    firstRevision =
        granter.kv().put(Put.of(LEASED, "v").lease(lease)).join().getHeader().getRevision() + 1;
    var _ = granter.watch().watch(WatchSpec.prefix(PREFIX).from(firstRevision), new Listener());
  }

  /// Begins; each endpoint is the first choice of one of the clients, and the first one that of the
  /// watch and the lease.
  static SteadyLoad start(List<String> endpoints) {
    SteadyLoad load = new SteadyLoad(endpoints);
    for (int i = 0; i < load.clients.size() * WRITERS_PER_CLIENT; i++) {
      int writer = i;
      CompletableFuture<Void> done = new CompletableFuture<>();
      load.writers.add(done);
      Thread.ofPlatform().name("writer-" + i).daemon(true).start(() -> load.write(writer, done));
    }
    return load;
  }

  private void write(int writer, CompletableFuture<Void> done) {
    Client own = clients.get(writer % clients.size());
    Client other = clients.get((writer + 1) % clients.size());
    try {
      for (int number = 0; !stopping; number++) {
        String key = PREFIX + writer + "/" + number;
        long revision = own.kv().put(key, "v" + number).join().getHeader().getRevision();
        writtenNanos.add(System.nanoTime());
        acknowledged.put(key, revision);
        read(other, key, revision);
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
      done.complete(null);
    } catch (CompletionException | InterruptedException e) {
      failures.add("writer %d after %d reads: %s".formatted(writer, reads.get(), said(e)));
      done.completeExceptionally(e);
    }
  }

  private void read(Client client, String key, long revision) {
    List<KeyValue> pairs = client.kv().get(key).join().getKvsList();
    if (pairs.size() != 1 || pairs.getFirst().getModRevision() != revision) {
      failures.add("%s was written at %d, and read as %s".formatted(key, revision, pairs));
    }
    reads.incrementAndGet();
  }

  private static String said(Exception failure) {
    return failure.getCause() instanceof ClientException known
        ? known.outcome() + " " + known.code() + " " + known.getMessage()
        : failure.toString();
  }

  /// Returns once some more writes were acknowledged, to all writers together.
  void awaitMoreWrites() throws InterruptedException {
    int wanted = acknowledged.size() + SOME_WRITES;
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (acknowledged.size() < wanted) {
      assertThat(failures).isEmpty();
      assertThat(System.nanoTime()).as("writes go on").isLessThan(deadlineNanos);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /// The longest time without an acknowledgement, of those that ended after `nanos`.
  Duration longestSilenceSince(long nanos) {
    long longest = 0;
    long before = nanos;
    for (long written : writtenNanos.stream().sorted().toList()) {
      if (written > nanos) {
        longest = Math.max(longest, written - before);
      }
      before = Math.max(before, written);
    }
    return Duration.ofNanos(longest);
  }

  /// Ends it, and checks everything.
  void finish() throws Exception {
    stopping = true;
    for (CompletableFuture<Void> writer : writers) {
      writer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
    assertThat(failures).isEmpty();
    Client reader = clients.getLast();
    List<KeyValue> written =
        reader.kv().get(Get.prefix(PREFIX)).join().getKvsList().stream()
            .sorted(Comparator.comparingLong(KeyValue::getModRevision))
            .toList();
    assertThat(written)
        .extracting(KeyValue::getModRevision)
        .containsExactlyElementsOf(
            LongStream.range(firstRevision, firstRevision + written.size()).boxed().toList());
    assertThat(acknowledged).hasSize(written.size());
    assertThat(written)
        .allSatisfy(
            pair ->
                assertThat(acknowledged.get(pair.getKey().toStringUtf8()))
                    .isEqualTo(pair.getModRevision()));
    awaitEvents(written.size());
    assertThat(List.copyOf(seen)).isEqualTo(written);
    assertThat(kept.lost()).isNotDone();
    assertThat(reader.lease().timeToLive(lease).join().getTTL()).isPositive();
    assertThat(reader.kv().get(LEASED).join().getCount()).isEqualTo(1);
    System.out.printf(
        "%d writes, %d reads, %d events, %d renewals, no failure%n",
        written.size(), reads.get(), seen.size(), kept.renewals());
  }

  private void awaitEvents(int count) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (seen.size() < count && failures.isEmpty() && System.nanoTime() < deadlineNanos) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Override
  public void close() {
    stopping = true;
    clients.forEach(Client::close);
  }

  private final class Listener implements WatchListener {
    @Override
    public void onEvents(List<Event> events) {
      events.forEach(event -> seen.add(event.getKv()));
    }

    @Override
    public void onError(ClientException reason) {
      failures.add("the watch ended: " + reason);
    }
  }
}
