package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.watch.SimulatedHistory.Op;
import io.kvorum.mvcc.watch.WatchCreate.Option;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A hub with event loops, workers and clients on one thread, driven from one seed: random writes,
/// compactions, jumps, creates, cancels, progress requests, readiness and task order. Every message
/// is judged by a [WatcherModel] when it arrives.
final class WatchSimulation {
  private static final int LOOPS = 2;
  private static final int MAX_STREAMS = 6;
  private static final WatchLimits SMALL =
      new WatchLimits(
          new WatchLimits.Ring(3_000, 16),
          new WatchLimits.Slice(5, 2_000),
          2_000,
          new WatchLimits.Turn(4, 3));

  private final SplittableRandom random;
  private final SimulatedHistory history = new SimulatedHistory();
  private final TaskQueue workers = new TaskQueue();
  private final List<TaskQueue> loops = List.of(new TaskQueue(), new TaskQueue());
  private final WatchHub hub = new WatchHub(history, -1, SMALL, workers);
  private final List<Client> clients = new ArrayList<>();
  private final List<ChangeSet> unpublished = new ArrayList<>();
  private int compactedCancels;
  private int progressNotices;
  private int events;

  WatchSimulation(long seed) {
    random = new SplittableRandom(seed);
  }

  int compactedCancels() {
    return compactedCancels;
  }

  int progressNotices() {
    return progressNotices;
  }

  int events() {
    return events;
  }

  int historyReads() {
    return history.reads();
  }

  void run(int steps) {
    for (int step = 0; step < steps; step++) {
      step();
      assertThat(hub.ringBytes()).isLessThanOrEqualTo(SMALL.ring().bytes());
      assertThat(hub.heldBytes()).isLessThanOrEqualTo(LOOPS * SMALL.heldBytes());
    }
    settle();
  }

  private void step() {
    switch (random.nextInt(14)) {
      case 0, 1, 2 -> write();
      case 3 -> publish();
      case 4 -> openOrClose();
      case 5, 6 -> client(Client::create);
      case 7 -> client(Client::cancelOne);
      case 8 -> client(client -> client.stream.requestProgress());
      case 9 -> client(client -> client.stream.tick());
      case 10, 11 -> client(Client::takeMore);
      case 12 -> compactOrRest();
      default -> {}
    }
    for (int tasks = random.nextInt(4); tasks > 0; tasks--) {
      int queue = random.nextInt(LOOPS + 1);
      (queue == LOOPS ? workers : loops.get(queue)).runOne();
    }
  }

  private void write() {
    List<Op> ops = new ArrayList<>();
    for (int op = random.nextInt(1, 4); op > 0; op--) {
      String key = key();
      ops.add(random.nextInt(3) == 0 ? Op.delete(key) : Op.put(key, "v" + random.nextInt(100)));
    }
    history.write(ops).ifPresent(unpublished::add);
    if (random.nextBoolean()) {
      publish();
    }
  }

  private void publish() {
    // Sometimes the revisions themselves are not handed over, as after an installed snapshot.
    List<ChangeSet> handedOver = random.nextInt(20) == 0 ? List.of() : unpublished;
    hub.publish(handedOver, history.head(), history.compactedRevision());
    unpublished.clear();
  }

  private void compactOrRest() {
    if (random.nextInt(4) == 0) {
      long low = Math.max(history.compactedRevision() + 1, history.head() - 30);
      if (low <= history.head()) {
        history.compact(random.nextLong(low, history.head() + 1));
        publish();
      }
    }
  }

  private void openOrClose() {
    if (clients.size() < MAX_STREAMS && random.nextInt(3) > 0) {
      clients.add(new Client(loops.get(random.nextInt(LOOPS))));
    } else if (!clients.isEmpty() && random.nextInt(3) == 0) {
      clients.remove(random.nextInt(clients.size())).close();
    }
  }

  private void client(Consumer<Client> action) {
    if (!clients.isEmpty()) {
      action.accept(clients.get(random.nextInt(clients.size())));
    }
  }

  private String key() {
    return String.valueOf((char) ('a' + random.nextInt(6)));
  }

  /// Everything comes to rest: nothing may be missing, nothing may be left over.
  private void settle() {
    publish();
    for (Client client : clients) {
      client.sink.room(RecordingSink.UNBOUNDED);
      client.stream.ready();
    }
    TaskQueue.runAll(loops.get(0), loops.get(1), workers);
    for (Client client : clients) {
      client.assertComplete();
      client.assertStreamProgress();
    }
    assertThat(hub.counts().slowWatchers()).isZero();
    assertThat(hub.counts().pendingEvents()).isZero();
    assertThat(hub.counts().streams()).isEqualTo(clients.size());
    assertThat(hub.counts().watchers())
        .isEqualTo(clients.stream().mapToLong(c -> c.watchers.size() + c.ended.size()).sum());
    assertThat(hub.heldBytes()).isZero();
    clients.forEach(Client::close);
    assertThat(hub.counts().streams()).isZero();
    assertThat(hub.counts().watchers()).isZero();
  }

  /// One client stream with the model of each of its watchers.
  private final class Client {
    private final RecordingSink sink = new RecordingSink(random.nextInt(4));
    private final WatchStream stream;
    private final Map<Long, WatcherModel> watchers = new LinkedHashMap<>();
    private final Map<Long, WatcherModel> ended = new LinkedHashMap<>();
    private WatchCreate asked = anything();
    private boolean progressed;
    private boolean closed;

    Client(TaskQueue loop) {
      sink.observe(this::receive);
      stream = hub.open(sink, loop);
    }

    private WatchCreate anything() {
      ByteString from = ByteString.copyFromUtf8(key());
      ByteString to =
          switch (random.nextInt(4)) {
            case 0 -> ByteString.copyFrom(new byte[] {0});
            case 1 -> ByteString.copyFromUtf8(key() + "~");
            default -> ByteString.EMPTY;
          };
      WatchCreate.WatcherId id =
          random.nextInt(4) == 0
              ? new WatchCreate.WatcherId.Chosen(random.nextInt(-2, 12))
              : new WatchCreate.WatcherId.Next();
      WatchCreate.Start start =
          random.nextInt(3) == 0
              ? new WatchCreate.Start.Now()
              : new WatchCreate.Start.At(random.nextLong(history.head() + 6));
      Set<Option> options = EnumSet.noneOf(Option.class);
      for (Option option : Option.values()) {
        if (random.nextInt(4) == 0) {
          options.add(option);
        }
      }
      return new WatchCreate(id, KeyRange.of(from, to), start, options);
    }

    private void create() {
      asked = anything();
      stream.create(asked);
    }

    private void cancelOne() {
      stream.cancel(random.nextInt(-2, 12));
    }

    private void takeMore() {
      boolean wasReady = sink.isReady();
      sink.room(random.nextInt(1, 8));
      if (!wasReady) {
        stream.ready();
      }
    }

    private void close() {
      stream.close();
      closed = true;
    }

    private void receive(WatchMessage message) {
      assertThat(closed).isFalse();
      switch (message) {
        case WatchMessage.Created(long id, long revision) -> {
          assertThat(watchers).doesNotContainKey(id);
          assertThat(ended).doesNotContainKey(id);
          watchers.put(id, new WatcherModel(history, asked, revision));
        }
        case WatchMessage.Refused _ -> {}
        case WatchMessage.Events told -> {
          known(watchers.get(told.to().watchId())).told(told);
          events += told.events().size();
        }
        case WatchMessage.Progress(long id, long revision) -> {
          known(watchers.get(id)).progressed(revision);
          progressNotices++;
        }
        case WatchMessage.StreamProgress(long revision) -> {
          assertThat(ended).isEmpty();
          assertThat(watchers).isNotEmpty();
          watchers.values().forEach(watcher -> watcher.progressed(revision));
          progressed = true;
          progressNotices++;
        }
        case WatchMessage.Compacted(long id, long revision) -> {
          WatcherModel watcher = known(watchers.remove(id));
          watcher.compacted(revision);
          ended.put(id, watcher);
          compactedCancels++;
        }
        case WatchMessage.Cancelled(long id, long _) ->
            assertThat(watchers.remove(id) != null || ended.remove(id) != null).isTrue();
      }
    }

    private static WatcherModel known(@Nullable WatcherModel watcher) {
      if (watcher == null) {
        throw new AssertionError("a message for a watcher that does not exist");
      }
      return watcher;
    }

    private void assertComplete() {
      watchers.forEach(
          (id, watcher) -> assertThat(watcher.isComplete()).as("watcher %s", id).isTrue());
    }

    private void assertStreamProgress() {
      progressed = false;
      stream.requestProgress();
      boolean due =
          ended.isEmpty()
              && !watchers.isEmpty()
              && watchers.values().stream().allMatch(w -> w.allowsProgressAt(history.head()));
      assertThat(progressed).isEqualTo(due);
    }
  }
}
