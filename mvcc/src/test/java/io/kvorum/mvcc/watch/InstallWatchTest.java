package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.mvcc.watch.WatchMessage.Compacted;
import io.kvorum.mvcc.watch.WatchMessage.Events;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Watchers of a store that takes over another one's later state.
class InstallWatchTest {
  @TempDir private Path directory;
  private final TaskQueue loop = new TaskQueue();
  private final TaskQueue workers = new TaskQueue();
  private final RecordingSink sink = new RecordingSink(RecordingSink.UNBOUNDED);
  private MvccStore ahead;
  private MvccStore store;
  private WatchHub hub;
  private WatchStream stream;

  @BeforeEach
  void open() {
    StoreOptions options = StoreOptions.defaults().withNativeBudgetBytes(16L << 20);
    ahead = MvccStore.open(directory.resolve("ahead"), options);
    store = MvccStore.open(directory.resolve("store"), options);
    hub = new WatchHub(store, WatchLimits.STANDARD, workers);
    stream = hub.open(sink, loop);
    for (long revision = 2; revision <= 4; revision++) {
      put(ahead, revision);
      publish(put(store, revision));
    }
  }

  @AfterEach
  void close() {
    hub.close();
    store.close();
    ahead.close();
  }

  /// Revision 7 puts the key `k7`.
  private static List<ChangeSet> put(MvccStore store, long revision) {
    ApplyBatch batch = store.newBatch();
    WriteTxn txn = batch.write();
    var _ = txn.put(bytes("k" + revision), bytes("v"), 0);
    assertThat(txn.end()).isEqualTo(revision);
    return batch.commit(store.appliedIndex() + 1, 3);
  }

  private void publish(List<ChangeSet> changes) {
    hub.publish(changes, store.head(), store.compactedRevision());
  }

  private void install() {
    Path checkpoint = directory.resolve("checkpoint");
    ahead.checkpoint(checkpoint);
    var _ = store.install(checkpoint);
    publish(List.of());
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private List<WatchMessage> settled() {
    TaskQueue.runAll(loop, workers);
    return sink.take();
  }

  private static List<String> keys(List<WatchMessage> messages) {
    return messages.stream()
        .filter(Events.class::isInstance)
        .flatMap(message -> ((Events) message).events().stream())
        .map(event -> event.key().toStringUtf8())
        .toList();
  }

  @Test
  void watcherInStep_laterStateInstalled_missesNothingAndGoesOn() {
    stream.create(SingleLoop.watch("k", "l", new WatchCreate.Start.Now()));
    settled();
    for (long revision = 5; revision <= 9; revision++) {
      put(ahead, revision);
    }
    install();
    publish(put(store, 10));

    List<WatchMessage> messages = settled();

    assertThat(keys(messages)).containsExactly("k5", "k6", "k7", "k8", "k9", "k10");
    assertThat(messages).noneMatch(Compacted.class::isInstance);
  }

  @Test
  void watcherHalfWayThroughHistory_laterStateInstalled_missesNothing() {
    stream.create(SingleLoop.watch("k", "l", new WatchCreate.Start.At(2)));
    for (long revision = 5; revision <= 9; revision++) {
      put(ahead, revision);
    }
    install();

    List<WatchMessage> messages = settled();

    assertThat(keys(messages)).containsExactly("k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9");
  }

  @Test
  void stateInstalled_isCompactedPastAWatcher_thatOneIsCancelledTheOtherGoesOn() {
    stream.create(SingleLoop.watch("k", "l", new WatchCreate.Start.Now())); // next is 5
    stream.create(SingleLoop.watch("k", "l", new WatchCreate.Start.At(8)));
    settled();
    for (long revision = 5; revision <= 9; revision++) {
      put(ahead, revision);
    }
    ApplyBatch compaction = ahead.newBatch();
    var _ = compaction.compact(7);
    var _ = compaction.commit(ahead.appliedIndex() + 1, 3);
    install();

    List<WatchMessage> messages = settled();

    assertThat(messages).contains(new Compacted(0, 7));
    assertThat(keys(messages)).containsExactly("k8", "k9");
  }

  @Test
  void stateInstalled_isCompactedAtTheWatchersNextRevision_theWatcherGoesOn() {
    stream.create(SingleLoop.watch("k", "l", new WatchCreate.Start.Now())); // next is 5
    settled();
    for (long revision = 5; revision <= 6; revision++) {
      put(ahead, revision);
    }
    ApplyBatch compaction = ahead.newBatch();
    var _ = compaction.compact(5);
    var _ = compaction.commit(ahead.appliedIndex() + 1, 3);
    install();

    assertThat(keys(settled())).containsExactly("k5", "k6");
  }

  @Test
  void idleLoop_laterStateInstalled_aWatcherOpenedAfterwardsStartsThere() {
    stream.close();
    put(ahead, 5);
    install();
    stream = hub.open(sink, loop);
    stream.create(SingleLoop.watch("k", "l", new WatchCreate.Start.Now()));
    publish(put(store, 6));

    assertThat(keys(settled())).containsExactly("k6");
  }
}
