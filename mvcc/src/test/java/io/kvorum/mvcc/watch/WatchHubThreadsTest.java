package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.Change;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// The hub with real threads: an applier that waits for nobody, two event loops, two workers, and a
/// ring so small that readers fall out of it.
class WatchHubThreadsTest {
  private static final int REVISIONS = 20_000;
  private static final int STREAMS = 10;
  private static final int KEYS = 10;
  private static final WatchLimits LIMITS =
      new WatchLimits(
          new WatchLimits.Ring(1 << 20, 64),
          new WatchLimits.Slice(100, 1 << 20),
          1 << 20,
          new WatchLimits.Turn(16, 4));

  /// Every revision is known from the start; only the head moves.
  private record Recorded(List<ChangeSet> revisions, AtomicLong newest) implements History {
    static Recorded of(int count) {
      List<ChangeSet> revisions = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        ByteString key = ByteString.copyFromUtf8("k" + i % KEYS);
        KeyValue pair = new KeyValue(key, key, 2, i + 2, 1, 0);
        revisions.add(
            new ChangeSet(i + 2, List.of(new Change(Change.Kind.PUT, pair, Optional.empty()))));
      }
      return new Recorded(revisions, new AtomicLong(1));
    }

    @Override
    public long head() {
      return newest.get();
    }

    @Override
    public Slice read(long from, int maxEvents, long maxBytes) {
      long to = Math.min(head() + 1, from + maxEvents);
      return new Slice.Read(revisions.subList((int) from - 2, (int) to - 2));
    }
  }

  /// Is full after a few messages and takes more in a later task of its event loop.
  private static final class Choking implements WatchSink {
    private static final int ROOM = 7;

    private final ExecutorService loop;
    private final CountDownLatch complete;
    private final List<WatchEvent> events = new ArrayList<>();
    private Optional<WatchStream> stream = Optional.empty();
    private int room = ROOM;

    Choking(ExecutorService loop, CountDownLatch complete) {
      this.loop = loop;
      this.complete = complete;
    }

    @Override
    public boolean isReady() {
      return room > 0;
    }

    @Override
    public void send(WatchMessage message) {
      if (message instanceof WatchMessage.Events told) {
        events.addAll(told.events());
        if (events.size() == REVISIONS / KEYS) {
          complete.countDown();
        }
      }
      if (--room == 0) {
        loop.execute(
            () -> {
              room = ROOM;
              stream.ifPresent(WatchStream::ready);
            });
      }
    }
  }

  @Test
  void applierRunsAhead_streamsChokeAndResume_everyEventArrivesOnceInOrder()
      throws InterruptedException {
    Recorded history = Recorded.of(REVISIONS);
    List<ExecutorService> loops =
        List.of(Executors.newSingleThreadExecutor(), Executors.newSingleThreadExecutor());
    ExecutorService workers = Executors.newFixedThreadPool(2);
    CountDownLatch complete = new CountDownLatch(STREAMS);
    List<Choking> sinks = new ArrayList<>();
    try (WatchHub hub = new WatchHub(history, -1, LIMITS, workers)) {
      for (int i = 0; i < STREAMS; i++) {
        ExecutorService loop = loops.get(i % 2);
        Choking sink = new Choking(loop, complete);
        sinks.add(sink);
        WatchCreate create = SingleLoop.since(1, "k" + i % KEYS);
        loop.execute(
            () -> {
              WatchStream stream = hub.open(sink, loop);
              sink.stream = Optional.of(stream);
              stream.create(create);
            });
      }
      for (ChangeSet changes : history.revisions()) {
        history.newest().set(changes.revision());
        hub.publish(List.of(changes), changes.revision(), -1);
      }
      assertThat(complete.await(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      loops.forEach(ExecutorService::shutdownNow);
      workers.shutdownNow();
    }

    for (int i = 0; i < STREAMS; i++) {
      String key = "k" + i % KEYS;
      assertThat(sinks.get(i).events)
          .isEqualTo(
              history.revisions().stream()
                  .map(changes -> WatchEvent.of(changes.changes().getFirst()))
                  .filter(event -> event.key().toStringUtf8().equals(key))
                  .toList());
    }
  }
}
