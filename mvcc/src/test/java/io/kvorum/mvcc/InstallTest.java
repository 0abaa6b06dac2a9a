package io.kvorum.mvcc;

import static io.kvorum.mvcc.TestStore.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.rocks.StorageFailure;
import io.kvorum.mvcc.rocks.StoreUnusable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A store that lags behind takes over the checkpoint of one that is ahead, while it is read.
@Timeout(120)
class InstallTest {
  @TempDir private Path directory;
  private TestStore ahead;
  private TestStore behind;
  private int checkpoints;

  @BeforeEach
  void open() {
    ahead = TestStore.in(directory.resolve("ahead"));
    behind = TestStore.in(directory.resolve("behind"));
    for (TestStore store : List.of(ahead, behind)) {
      store.put("a", "1");
      store.put("b", "1");
    }
  }

  @AfterEach
  void close() {
    ahead.close();
    behind.close();
  }

  private Path checkpoint() {
    Path made = directory.resolve("checkpoint-" + checkpoints++);
    ahead.store().checkpoint(made);
    return made;
  }

  private CompletableFuture<Void> install() {
    return behind.store().install(checkpoint());
  }

  @Test
  void storeBehind_checkpointInstalled_isWhatTheOtherIsAndGoesOn() {
    ahead.put("a", "2", 7);
    ahead.delete("b");
    ahead.apply(batch -> batch.putLease(new LeaseRecord(7, 60, 0, 3)));
    ahead.apply(batch -> batch.putMeta("fact", bytes("x")));
    install().join();

    for (TestStore store : List.of(ahead, behind)) {
      store.put("c", "3");
    }

    assertThat(behind.store().appliedIndex()).isEqualTo(ahead.store().appliedIndex());
    assertThat(behind.store().leases()).isEqualTo(ahead.store().leases()).hasSize(1);
    assertThat(behind.store().meta("fact")).contains(bytes("x"));
    assertThat(behind.pairs(0)).containsExactly("a=2", "c=3");
    assertThat(behind.history(2)).isEqualTo(ahead.history(2));
    assertThat(behind.hashKv(0)).isEqualTo(ahead.hashKv(0));
    assertThat(behind.store().size().logicalBytes()).isEqualTo(ahead.store().logicalBytes());
  }

  @Test
  void readerOpen_checkpointInstalled_readsTheOldStateAndKeepsItOpen() {
    ReadTxn old = behind.store().read();
    ahead.put("a", "2");
    CompletableFuture<Void> closed = install();

    List<KeyValue> before = old.range(RangeQuery.all(KeyRange.all()), 0).kvs();

    assertThat(before).extracting(KeyValue::value).containsExactly(bytes("1"), bytes("1"));
    assertThat(closed).isNotDone();
    assertThat(behind.pairs(0)).containsExactly("a=2", "b=1");
    old.close();
    closed.join();
    TestStore.in(directory.resolve("behind")).close(); // nobody has it locked
  }

  @Test
  void cursorHalfWay_checkpointInstalled_goesOnAtItsRevision() {
    RangeCursor cursor;
    try (ReadTxn txn = behind.store().read()) {
      cursor = txn.cursor(RangeQuery.all(KeyRange.all()), 0);
    }
    ahead.put("b", "2");
    install().join();

    List<KeyValue> read = cursor.next(10, Long.MAX_VALUE);

    assertThat(read).extracting(KeyValue::value).containsExactly(bytes("1"), bytes("1"));
  }

  @Test
  void readAtAnOldRevision_checkpointIsCompacted_isRefused() {
    ahead.put("a", "2");
    ahead.compact(4);
    ReadTxn old = behind.store().read();
    var _ = install();

    assertThatThrownBy(() -> old.range(RangeQuery.all(KeyRange.all()), 2))
        .isInstanceOf(RevisionRefused.class);
    assertThat(old.range(RangeQuery.all(KeyRange.all()), 0).kvs()).hasSize(2);
    old.close();
  }

  @Test
  void checkpointInstalled_flushedLater_saysWhatIsDurable() {
    List<Long> durable = new CopyOnWriteArrayList<>();
    ahead.put("a", "2");
    behind.store().onDurable(durable::add);
    install().join();

    behind.store().flush();

    assertThat(behind.store().durableIndex()).isEqualTo(3);
    assertThat(durable).isNotEmpty().allMatch(index -> index == 3);
  }

  @Test
  void checkpointOfAnEarlierState_installed_isRefusedAndTheOldStateStays() {
    behind.put("a", "2");

    assertThatThrownBy(this::install).hasMessageContaining("state fell");

    assertThat(behind.pairs(0)).containsExactly("a=2", "b=1");
    behind.put("a", "3");
    assertThat(behind.pairs(0)).containsExactly("a=3", "b=1");
  }

  @Test
  void noDatabaseInTheDirectory_installed_isRefusedAndTheOldStateStays() {
    assertThatThrownBy(() -> behind.store().install(directory.resolve("nothing")))
        .isInstanceOf(StoreUnusable.class);

    behind.put("a", "2");
    assertThat(behind.pairs(0)).containsExactly("a=2", "b=1");
  }

  @Test
  void checkpoint_inspected_tellsWhatItHoldsAndStaysAsItWas() throws IOException {
    ahead.apply(batch -> batch.putMeta("fact", bytes("x")));
    Path made = checkpoint();
    Map<String, Long> files = filesOf(made);
    ahead.put("a", "2"); // after it was taken

    CheckpointFacts facts = MvccStore.inspect(made, directory);

    assertThat(facts.appliedIndex()).isEqualTo(3);
    assertThat(facts.appliedTerm()).isEqualTo(3);
    assertThat(facts.head()).isEqualTo(3);
    assertThat(facts.find("fact")).contains(bytes("x"));
    assertThat(facts.find("other")).isEmpty();
    assertThat(filesOf(made)).isEqualTo(files);
  }

  @Test
  void checkpointWithAFileCutOrMissing_inspected_isRefused() throws IOException {
    Map<String, Long> files = filesOf(checkpoint());
    for (String name : files.keySet()) {
      if (!name.endsWith(".sst") && !name.startsWith("MANIFEST") && !name.equals("CURRENT")) {
        continue; // can be done without
      }
      Path missing = checkpoint();
      Files.delete(missing.resolve(name));
      assertThatThrownBy(() -> MvccStore.inspect(missing, directory))
          .as("without %s", name)
          .isInstanceOfAny(StoreUnusable.class, StorageFailure.class);
    }
    Path cut = checkpoint();
    String table = filesOf(cut).keySet().stream().filter(it -> it.endsWith(".sst")).findAny().get();
    byte[] whole = Files.readAllBytes(cut.resolve(table));
    Files.delete(cut.resolve(table)); // a hard link: its bytes are also the store's
    Files.write(cut.resolve(table), Arrays.copyOf(whole, whole.length - 1));
    assertThatThrownBy(() -> MvccStore.inspect(cut, directory)).isInstanceOf(StoreUnusable.class);
  }

  private static Map<String, Long> filesOf(Path made) throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> files = Files.list(made)) {
      for (Path file : files.toList()) {
        sizes.put(file.getFileName().toString(), Files.size(file));
      }
    }
    return sizes;
  }

  /// Every command changes both keys, so a reader that ever saw a mixture of two states would see
  /// them differ.
  @Test
  void readersAndBackgroundWork_checkpointsInstalledAllTheTime_seeWholeStatesOnly()
      throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    List<Future<Long>> readers = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(3)) {
      for (int i = 0; i < 3; i++) {
        readers.add(threads.submit(() -> readUntil(done)));
      }
      for (int round = 2; round < 40; round++) {
        String value = Integer.toString(round);
        changeBoth(ahead, value);
        var _ = behind.store().install(checkpoint());
        assertThat(behind.pairs(0)).containsExactly("a=" + value, "b=" + value);
        if (round % 5 == 0) {
          behind.store().defragment();
        }
        if (round % 7 == 0) {
          ahead.compact(ahead.store().head() - 3);
          ahead.compactPhysically();
        }
      }
      done.set(true);
      for (Future<Long> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    }
  }

  private static void changeBoth(TestStore store, String value) {
    store.write(
        txn -> {
          txn.put(bytes("a"), bytes(value), 0);
          txn.put(bytes("b"), bytes(value), 0);
        });
  }

  private long readUntil(AtomicBoolean done) {
    long reads = 0;
    while (!done.get()) {
      try (ReadTxn txn = behind.store().read()) {
        List<ByteString> values =
            txn.range(RangeQuery.all(KeyRange.all()), 0).kvs().stream()
                .map(KeyValue::value)
                .toList();
        assertThat(values).hasSize(2);
        assertThat(values.getFirst()).isEqualTo(values.getLast());
        try {
          var _ = txn.history(txn.head(), 10, 1000);
          var _ = txn.hashKv(0);
        } catch (RevisionRefused _) {
          // a compaction came with the new state
        }
      }
      reads++;
    }
    return reads;
  }
}
