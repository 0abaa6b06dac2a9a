package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.CompactOutcome;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.mvcc.watch.WatchMessage.Compacted;
import io.kvorum.mvcc.watch.WatchMessage.Created;
import io.kvorum.mvcc.watch.WatchMessage.Events;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The hub over the real store: what history tells late watchers is what live ones were told.
class StoreWatchTest {
  private static final WatchCreate.Option PREVIOUS = WatchCreate.Option.PREVIOUS_PAIR;

  @TempDir private Path directory;
  private final TaskQueue loop = new TaskQueue();
  private final TaskQueue workers = new TaskQueue();
  private final RecordingSink sink = new RecordingSink(RecordingSink.UNBOUNDED);
  private MvccStore store;
  private WatchHub hub;
  private WatchStream stream;

  @BeforeEach
  void open() {
    store = MvccStore.open(directory, StoreOptions.defaults().withNativeBudgetBytes(16L << 20));
    hub = new WatchHub(store, WatchLimits.STANDARD, workers);
    stream = hub.open(sink, loop);
  }

  @AfterEach
  void close() {
    hub.close();
    store.close();
  }

  private void write(Consumer<WriteTxn> command) {
    ApplyBatch batch = store.newBatch();
    WriteTxn txn = batch.write();
    command.accept(txn);
    txn.end();
    publish(batch);
  }

  private void publish(ApplyBatch batch) {
    List<ChangeSet> changes = batch.commit(store.appliedIndex() + 1, 3);
    hub.publish(changes, store.head(), store.compactedRevision());
  }

  private void compact(long revision) {
    ApplyBatch batch = store.newBatch();
    assertThat(batch.compact(revision)).isInstanceOf(CompactOutcome.Done.class);
    publish(batch);
    store.compactPhysically(revision).join();
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private List<WatchEvent> settledEvents() {
    TaskQueue.runAll(loop, workers);
    return sink.take().stream()
        .filter(Events.class::isInstance)
        .flatMap(message -> ((Events) message).events().stream())
        .toList();
  }

  @Test
  void randomTransactions_watchedLiveAndFromHistory_tellTheSameEvents() {
    SplittableRandom random = new SplittableRandom(5);
    stream.create(SingleLoop.watch("k", "l", new WatchCreate.Start.Now(), PREVIOUS));
    for (int i = 0; i < 500; i++) {
      write(
          txn -> {
            for (int op = random.nextInt(1, 4); op > 0; op--) {
              ByteString key = bytes("k" + random.nextInt(20));
              if (random.nextInt(3) == 0) {
                txn.deleteRange(KeyRange.single(key), false);
              } else {
                txn.put(key, bytes("v" + random.nextInt(100)), 0);
              }
            }
          });
    }
    List<WatchEvent> live = settledEvents();

    // The second hub has an empty ring, so its watcher reads the store.
    hub = new WatchHub(store, WatchLimits.STANDARD, workers);
    stream = hub.open(sink, loop);
    stream.create(SingleLoop.watch("k", "l", new WatchCreate.Start.At(1), PREVIOUS));
    List<WatchEvent> late = settledEvents();

    assertThat(live).hasSizeGreaterThan(500);
    assertThat(late).isEqualTo(live);
  }

  // mvcc.md §12 cases 2, 3, 21.
  @Test
  void historyCompactedAndDropped_lateWatchers_seeTheRestOrAreCancelled() {
    write(txn -> txn.put(bytes("k"), bytes("1"), 0));
    write(txn -> txn.put(bytes("k"), bytes("2"), 0));
    write(txn -> txn.deleteRange(KeyRange.single(bytes("k")), false));
    write(txn -> txn.put(bytes("k"), bytes("3"), 0));
    hub = new WatchHub(store, WatchLimits.STANDARD, workers);
    stream = hub.open(sink, loop);
    stream.create(SingleLoop.since(2, "k"));
    compact(4);
    stream.create(SingleLoop.since(4, "k", PREVIOUS));
    TaskQueue.runAll(loop, workers);

    List<WatchMessage> messages = sink.take();

    assertThat(messages.subList(0, 3))
        .containsExactlyInAnyOrder(new Created(0, 5), new Created(1, 5), new Compacted(0, 4));
    List<WatchEvent> events = ((Events) messages.get(3)).events();
    assertThat(events).hasSize(2);
    assertThat(events.getFirst().previous()).isNotEqualTo(ByteString.EMPTY);
  }
}
