package io.kvorum.testkit.nemesis;

import io.kvorum.client.Client;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.history.LeaseRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/// All clients of a run: callers, holders of leases, watchers, one who compacts, and the archive.
///
/// For each member there is a caller that knows no other, so that also members that are cut off are
/// asked; the others know all members, in different orders.
final class Load implements AutoCloseable {
  private static final int CALLERS_OF_ALL = 3;
  private static final int HOLDERS = 2;
  private static final int KEPT_REVISIONS = 150;
  private static final int LONGEST_UNCOMPACTED_MILLIS = 4_000;

  /// Short, so that a caller whose member is gone soon calls again.
  private static final Duration PATIENCE_WITH_ONE = Duration.ofMillis(1_500);

  /// Longer than a server takes to say that it could not.
  private static final Duration PATIENCE_WITH_ALL = Duration.ofSeconds(8);

  private interface Work {
    void run() throws InterruptedException;
  }

  private final List<Client> clients = new ArrayList<>();
  private final List<LeaseHolder> holders = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Recorder recorder = new Recorder();
  private final Archive archive;
  private final WatchCrowd watchers;
  private volatile boolean isStopped;

  /// Starts at once.
  Load(ServerKind kind, List<String> endpoints, SplittableRandom random) {
    List<Client> ofAll = new ArrayList<>();
    for (int i = 0; i < CALLERS_OF_ALL; i++) {
      List<String> turned = new ArrayList<>(endpoints);
      Collections.rotate(turned, i);
      ofAll.add(client(turned, PATIENCE_WITH_ALL));
    }
    archive = new Archive(ofAll.getFirst());
    watchers = new WatchCrowd(kind, ofAll, archive, recorder, random.split());
    for (int i = 0; i < ofAll.size(); i++) {
      Caller caller = new Caller("a" + i, ofAll.get(i), recorder, random.split());
      start(() -> caller.run(this::isStopped));
    }
    for (int i = 0; i < endpoints.size(); i++) {
      Client ofOne = client(List.of(endpoints.get(i)), PATIENCE_WITH_ONE);
      Caller caller = new Caller("o" + i, ofOne, recorder, random.split());
      start(() -> caller.run(this::isStopped));
    }
    for (int i = 0; i < HOLDERS; i++) {
      Client client = ofAll.get(i % ofAll.size());
      LeaseHolder holder = new LeaseHolder("h" + i, client, endpoints, recorder, random.split());
      holders.add(holder);
      start(() -> holder.run(this::isStopped));
    }
    start(() -> watchers.run(this::isStopped));
    SplittableRandom compactions = random.split();
    start(() -> compact(ofAll.getLast(), compactions));
  }

  private Client client(List<String> endpoints, Duration patience) {
    Client client = Client.builder(endpoints.toArray(String[]::new)).callTimeout(patience).build();
    clients.add(client);
    return client;
  }

  private void start(Work work) {
    threads.add(
        Thread.ofVirtual()
            .name("load")
            .uncaughtExceptionHandler((_, failure) -> failures.add(failure))
            .start(
                () -> {
                  try {
                    work.run();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted", e);
                  }
                }));
  }

  private boolean isStopped() {
    return isStopped;
  }

  private void compact(Client client, SplittableRandom random) throws InterruptedException {
    while (!isStopped) {
      TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_UNCOMPACTED_MILLIS));
      long revision = archive.seenRevision() - random.nextInt(KEPT_REVISIONS);
      if (revision > 1) {
        var _ = recorder.callAside("compact", () -> client.kv().compact(revision));
      }
    }
  }

  /// Lets calls under way come to their ends, and makes no more. Watchers stay.
  void stop() throws InterruptedException {
    isStopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
    Throwable failure = failures.poll();
    if (failure != null) {
      throw new IllegalStateException("a client failed", failure);
    }
  }

  Recorder recorder() {
    return recorder;
  }

  Archive archive() {
    return archive;
  }

  WatchCrowd watchers() {
    return watchers;
  }

  /// All leases there were, with what the archive knows of their ends.
  List<LeaseRecord> leases() {
    List<LeaseRecord> leases =
        holders.stream().flatMap(holder -> holder.leases().stream()).toList();
    for (LeaseRecord lease : leases) {
      lease.keys().forEach(key -> archive.deletedNanos(key).ifPresent(lease::goneAt));
    }
    return leases;
  }

  /// Nothing more is recorded afterwards.
  void endWatches() {
    watchers.close();
    archive.close();
  }

  @Override
  public void close() {
    isStopped = true;
    endWatches();
    holders.forEach(LeaseHolder::close);
    clients.forEach(Client::close);
  }
}
