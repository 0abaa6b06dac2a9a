package io.kvorum.mvcc;

import static io.kvorum.mvcc.TestStore.bytes;
import static io.kvorum.mvcc.TestStore.single;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.StorageFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Logical and physical compaction: mvcc.md §4, §11 and the rows of §12 about them.
class CompactionTest {
  private static final CompactOutcome DONE = new CompactOutcome.Done();
  private static final RangeQuery EVERYTHING = RangeQuery.all(KeyRange.all());

  @TempDir private Path directory;
  private TestStore store;

  @BeforeEach
  void open() {
    store = TestStore.in(directory);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void case2_compactionAtHead_keepsTheHeadAndItsEvents() {
    store.put("a", "1");
    store.put("a", "2");
    closeHistoryFile();

    assertThat(store.compact(3)).isEqualTo(DONE);
    store.compactPhysically();

    assertThat(store.pairs(3)).containsExactly("a=2");
    assertThat(store.history(3).changes()).hasSize(1);
    assertThat(store.history(3).changes().getFirst().changes().getFirst().previous())
        .contains(new KeyValue(bytes("a"), bytes("1"), 2, 2, 1, 0));
  }

  @Test
  void case3_keyDeletedExactlyAtC_isAbsentButItsDeleteIsKept() {
    store.put("a", "1");
    store.delete("a");
    store.compact(3);
    store.compactPhysically();

    assertThat(store.pairs(3)).isEmpty();
    assertThat(store.history(3).changes().getFirst().changes().getFirst().previous())
        .contains(new KeyValue(bytes("a"), bytes("1"), 2, 2, 1, 0));
    assertThat(Rows.of(store.store(), Family.DELETED)).hasSize(1);

    store.put("b", "2");
    store.compact(4);
    store.compactPhysically();
    assertThat(Rows.of(store.store(), Family.DELETED)).isEmpty();
  }

  @Test
  void case4_deletedBelowCThenRecreated_startsAfreshPurgedOrNot() {
    store.put("a", "1");
    store.delete("a");
    store.put("b", "2");
    store.compact(4);
    store.put("a", "3");

    assertThat(store.pairs(4)).containsExactly("b=2");
    assertThat(store.pairs(5)).containsExactly("a=3", "b=2");
    // flags 1, mod 5.0, create 0 0, n 1, version 1: no link to the delete below C (K1, K2).
    assertThat(Rows.of(store.store(), Family.LATEST)).contains("61=0105000000010133");
    assertThat(Rows.of(store.store(), Family.DELETED)).isEmpty();
  }

  @Test
  void case12_deletedExactlyAtCThenRecreated_linksToTheDelete() {
    store.put("a", "1");
    store.delete("a");
    store.compact(3);
    store.put("a", "3");

    // n 3: the delete at C = 3 is still a link of the chain (K1: main ≥ C).
    assertThat(Rows.of(store.store(), Family.LATEST)).contains("61=0104000000030133");
    assertThat(Rows.of(store.store(), Family.HISTORY))
        .contains("000000000000000400000000=01c6010161080104000000030133020300010002");
  }

  @Test
  void case5and6_deletedAgainAfterACompactionBetween_staysReadable() {
    store.put("a", "1");
    store.delete("a");
    store.put("b", "x");
    store.put("a", "2");
    assertThat(store.pairs(2)).containsExactly("a=1");
    assertThat(store.pairs(3)).isEmpty();
    store.compact(4);

    store.store().purges().offer(new PurgeQueue.Slice(List.of(new byte[] {'a'})));
    store.delete("a");

    assertThat(store.pairs(4)).containsExactly("b=x");
    assertThat(store.pairs(5)).containsExactly("a=2", "b=x");
    assertThat(store.pairs(6)).containsExactly("b=x");
    assertThat(Rows.of(store.store(), Family.DELETED)).hasSize(1);
  }

  @Test
  void case8and9_keyUnchangedSinceBelowC_keepsVersionAndCreationButRestartsItsChain() {
    store.put("a", "1");
    store.put("a", "2");
    store.put("b", "x");
    store.compact(4);
    store.compactPhysically();
    store.restart();

    store.put("a", "3");

    assertThat(store.range(RangeQuery.all(single("a")), 0).kvs())
        .containsExactly(new KeyValue(bytes("a"), bytes("3"), 2, 5, 3, 0));
    assertThat(store.pairs(4)).containsExactly("a=2", "b=x");
    assertThat(store.history(5).changes().getFirst().changes().getFirst().previous())
        .contains(new KeyValue(bytes("a"), bytes("2"), 2, 3, 2, 0));
    // create 3 revisions back, n 1, version 3.
    assertThat(Rows.of(store.store(), Family.LATEST)).contains("61=0105000300010333");
  }

  @Test
  void case19_pinOlderThanACompaction_answersForItsHeadOnly() {
    store.put("a", "1");
    try (ReadTxn pin = store.store().read()) {
      store.put("a", "2");
      store.put("a", "3");
      store.compact(4);
      store.compactPhysically();

      assertThat(pin.range(EVERYTHING, 0).kvs())
          .containsExactly(new KeyValue(bytes("a"), bytes("1"), 2, 2, 1, 0));
      assertThatThrownBy(() -> pin.range(EVERYTHING, 2))
          .isInstanceOf(RevisionRefused.class)
          .hasMessageContaining("COMPACTED, compacted 4");
    }
  }

  @Test
  void case20and21_readOvertakenByCompactionAndDrop_isRefusedNeverWrong() {
    for (int i = 0; i < 20; i++) {
      store.put("a", "v" + i);
      store.put("k" + i, "x");
    }
    closeHistoryFile();
    try (ReadTxn txn = store.store().read()) {
      PastKeys past = txn.pin().pastKeys(Revision.endOf(10), Caching.KEPT);
      HistoryReader events = new HistoryReader(txn.pin().view(), txn.head());
      store.put("b", "later");
      store.compact(store.store().head());
      store.compactPhysically();

      RangeQuery count = EVERYTHING.withProjection(Projection.COUNT_ONLY);
      assertCompacted(() -> txn.guarded(10, () -> RangeReader.read(past, EVERYTHING)));
      assertCompacted(() -> txn.guarded(10, () -> RangeReader.read(past, count)));
      assertCompacted(() -> txn.guarded(10, () -> events.slice(10, 100, 1000)));
      assertCompacted(() -> txn.hashKv(10));
      assertThat(txn.hash()).isNotZero();
    }
  }

  @Test
  void historyLostWithoutACompaction_read_isDamageNotAHole() {
    for (int i = 0; i < 4; i++) {
      store.put("a", "v" + i);
    }
    closeHistoryFile();
    store.store().database().dropHistoryFilesBelow(6);

    assertThatThrownBy(() -> store.pairs(3))
        .isInstanceOf(StorageFailure.class)
        .hasMessageContaining("is missing");
    assertThatThrownBy(() -> store.history(2)).isInstanceOf(StorageFailure.class);
  }

  @Test
  void case23_crashAfterALogicalCompaction_bringsTheOlderCBackWithItsHistory() {
    store.put("a", "1");
    store.put("a", "2");
    store.store().flush();
    store.compact(3);
    store.crash();

    assertThat(store.store().compactedRevision()).isEqualTo(-1);
    assertThat(store.pairs(2)).containsExactly("a=1");
    assertThat(store.compact(3)).isEqualTo(DONE);
  }

  @Test
  void case23_crashAfterAPhysicalCompaction_keepsTheCThatDeclaredItDead() {
    for (int i = 0; i < 9; i++) {
      store.put("a", "v" + i);
    }
    closeHistoryFile();
    store.put("a", "after");
    store.compact(11);
    store.compactPhysically();
    store.crash();

    assertThat(Rows.of(store.store(), Family.HISTORY)).hasSize(1);
    assertThat(store.store().compactedRevision()).isEqualTo(11);
    assertThat(store.pairs(11)).containsExactly("a=after");
    assertThat(store.history(11).changes()).hasSize(1);
  }

  @Test
  void case27_hashAtAndBelowC_isOfLiveStateAndRefused() {
    store.put("a", "1");
    store.put("b", "2");
    store.compact(3);

    HashResult before = store.hashKv(3);
    store.compactPhysically();
    store.restart();

    assertThat(store.hashKv(3)).isEqualTo(before);
    assertThat(before.compactRevision()).isEqualTo(3);
    assertCompacted(() -> store.hashKv(2));
  }

  @Test
  void case30_compactionRepeatedOrLowerOrAtZero_isRefusedAsEtcdDoes() {
    assertThat(store.compact(-1)).isEqualTo(new CompactOutcome.Compacted(-1));
    assertThat(store.compact(0)).isEqualTo(DONE);
    assertThat(store.compact(0)).isEqualTo(new CompactOutcome.Compacted(0));
    store.put("a", "1");
    store.put("a", "2");

    assertThat(store.compact(3)).isEqualTo(DONE);
    assertThat(store.compact(3)).isEqualTo(new CompactOutcome.Compacted(3));
    assertThat(store.compact(2)).isEqualTo(new CompactOutcome.Compacted(3));
    assertThat(store.compact(4)).isEqualTo(new CompactOutcome.Future(3));
  }

  @Test
  void case32_newestRevisionWasADelete_compactedAndRestarted_keepsTheHead() {
    store.put("a", "1");
    store.delete("a");
    store.compact(3);
    store.compactPhysically();
    store.restart();

    assertThat(store.store().head()).isEqualTo(3);
    assertThat(store.put("a", "2").getFirst().revision()).isEqualTo(4);
  }

  @Test
  void compaction_applied_lowersTheLogicalSizeAtOnce() {
    store.put("a", "12345");
    store.put("a", "1234567");
    long full = store.store().size().logicalBytes();

    store.compact(3);

    // Entries 2 and 3 cost 64 + 1 + 5 and 64 + 1 + 7 + 5; the live key 64 + 1 + 7 stays.
    assertThat(full).isEqualTo(72 + 70 + 77);
    assertThat(store.store().size().logicalBytes()).isEqualTo(72);
  }

  @Test
  void purgeWaiting_applierIdle_isToldToCommit() {
    CompletableFuture<Void> told = new CompletableFuture<>();
    store.store().onPurgeWaiting(() -> told.complete(null));
    store.put("a", "1");
    store.delete("a");
    store.put("b", "2");
    store.compact(4);

    CompletableFuture<Void> done = store.store().compactPhysically(4);
    told.join();

    assertThat(done).isNotDone();
    store.compactPhysically();
    done.join();
    assertThat(Rows.of(store.store(), Family.DELETED)).isEmpty();
  }

  @Test
  void storeClosedWhilePurgeWaits_compaction_failsInsteadOfHanging() {
    CompletableFuture<Void> told = new CompletableFuture<>();
    store.store().onPurgeWaiting(() -> told.complete(null));
    store.put("a", "1");
    store.delete("a");
    store.put("b", "2");
    store.compact(4);
    CompletableFuture<Void> done = store.store().compactPhysically(4);
    told.join();

    store.restart();

    assertThat(done).isCompletedExceptionally();
  }

  /// Moves the history so far into a table file of its own below level 0, so that it can be
  /// dropped.
  private void closeHistoryFile() {
    store.store().flush();
    store.store().database().rewriteFiles(0);
  }

  private static void assertCompacted(ThrowingCallable read) {
    assertThatThrownBy(read)
        .isInstanceOf(RevisionRefused.class)
        .satisfies(
            e ->
                assertThat(((RevisionRefused) e).kind()).isEqualTo(RevisionRefused.Kind.COMPACTED));
  }
}
