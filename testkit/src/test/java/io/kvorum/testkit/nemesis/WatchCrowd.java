package io.kvorum.testkit.nemesis;

import io.kvorum.client.Client;
import io.kvorum.client.ClientException;
import io.kvorum.client.CompactedException;
import io.kvorum.client.WatchListener;
import io.kvorum.client.WatchSpec;
import io.kvorum.client.Watcher;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.history.Committed;
import io.kvorum.testkit.history.WatchCheck;
import io.kvorum.testkit.history.WatchRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Watchers that come, at a revision of the past, and go again, of which some stay to the end.
final class WatchCrowd implements AutoCloseable {
  private static final int AT_A_TIME = 6;
  private static final int LONGEST_PAUSE_MILLIS = 1_500;
  private static final int OLDEST_REVISIONS = 400;

  private record Place(String prefix, String end) {}

  /// All keys of the callers, a few of them, one, and the keys of leases.
  private static final List<Place> PLACES =
      List.of(
          new Place("k/", "k0"),
          new Place("k/3", "k/4"),
          new Place("k/5", "k/6"),
          new Place(LeaseHolder.PREFIX, "l0"));

  private final ServerKind kind;
  private final List<Client> clients;
  private final Archive archive;
  private final Recorder recorder;
  private final SplittableRandom random;
  private final List<Seen> all = new ArrayList<>();
  private final List<Seen> present = new ArrayList<>();

  WatchCrowd(
      ServerKind kind,
      List<Client> clients,
      Archive archive,
      Recorder recorder,
      SplittableRandom random) {
    this.kind = kind;
    this.clients = clients;
    this.archive = archive;
    this.recorder = recorder;
    this.random = random;
  }

  /// Lets watchers come and go until it is to stop.
  void run(BooleanSupplier isStopped) throws InterruptedException {
    while (!isStopped.getAsBoolean()) {
      if (present.size() >= AT_A_TIME) {
        present.remove(random.nextInt(present.size())).watcher.close();
      }
      Seen come = new Seen();
      all.add(come);
      present.add(come);
      TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_PAUSE_MILLIS));
      requestProgress();
    }
  }

  /// etcd 3.4 may report progress over events that it has yet to send:
  /// https://github.com/etcd-io/etcd/issues/15220.
  private void requestProgress() {
    switch (kind) {
      case KVORUM -> clients.get(random.nextInt(clients.size())).watch().requestProgress();
      case ETCD -> {}
    }
  }

  /// Waits until those that stayed have heard of everything up to `revision`, or for too long.
  void awaitRevision(long revision, long limitNanos) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + limitNanos;
    for (Seen seen : present) {
      while (!seen.hasSeen(revision) && System.nanoTime() < deadlineNanos) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  /// What watchers were not promised; to be asked when nothing is running any more.
  List<String> violations(Committed committed, long lastRevision) {
    List<String> violations = new ArrayList<>();
    for (Seen seen : all) {
      boolean stayed = present.contains(seen) && !seen.isCompacted;
      violations.addAll(
          WatchCheck.violations(seen.record, committed, stayed ? lastRevision : 0).stream()
              .map(violation -> seen.place + ": " + violation)
              .toList());
      violations.addAll(seen.refusals);
    }
    return violations;
  }

  @Override
  public void close() {
    present.forEach(seen -> seen.watcher.close());
  }

  /// One watcher and what it was told.
  private final class Seen implements WatchListener {
    final Place place = PLACES.get(random.nextInt(PLACES.size()));
    final WatchRecord record;
    final Watcher watcher;
    final List<String> refusals = new ArrayList<>();
    volatile boolean isCompacted;
    private volatile long toldRevision;

    Seen() {
      long start = Math.max(1, archive.seenRevision() - random.nextInt(OLDEST_REVISIONS));
      record = new WatchRecord(place.prefix(), place.end(), start);
      watcher =
          clients
              .get(random.nextInt(clients.size()))
              .watch()
              .watch(WatchSpec.prefix(place.prefix()).from(start), this);
    }

    /// A watcher of few keys may be told nothing: then it has to be asked what happened to them.
    boolean hasSeen(long revision) {
      return isCompacted
          || toldRevision >= archive.lastRevision(place.prefix(), place.end(), revision);
    }

    @Override
    public void onEvents(List<Event> events) {
      record.events(events.stream().map(Archive::recorded).toList());
      toldRevision = events.getLast().getKv().getModRevision();
      recorder.count("watch", "events");
    }

    @Override
    public void onProgress(long revision) {
      record.progress(revision);
      recorder.count("watch", "progress");
    }

    @Override
    public void onError(ClientException reason) {
      isCompacted = true;
      recorder.count("watch", "compacted");
      if (!(reason instanceof CompactedException)) {
        refusals.add(place + " was refused: " + reason);
      }
    }
  }
}
