package io.kvorum.mvcc;

import static io.kvorum.mvcc.TestStore.bytes;
import static io.kvorum.mvcc.TestStore.single;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.rocks.Family;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The rows of mvcc.md §12 that concern keys and revisions; compaction has a test of its own.
class EdgeCaseTest {
  private static final RangeQuery EVERYTHING = RangeQuery.all(KeyRange.all());

  private static final Change.Kind PUT = Change.Kind.PUT;
  private static final Change.Kind DELETE = Change.Kind.DELETE;

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
  void case1_readAtTheEdges_isCompleteCompactedOrFuture() {
    store.put("a", "1");
    store.put("a", "2");
    store.put("a", "3");
    store.compact(3);

    assertThat(store.pairs(3)).containsExactly("a=2");
    assertRefused(() -> store.pairs(2), RevisionRefused.Kind.COMPACTED);
    assertRefused(() -> store.pairs(5), RevisionRefused.Kind.FUTURE);
  }

  @Test
  void case7_keyCreatedAndDeletedTenThousandTimes_readInTheMiddle_staysWithinTheHopBound() {
    for (int round = 0; round < 100; round++) {
      store.apply(
          batch -> {
            for (int i = 0; i < 100; i++) {
              TestStore.write(batch, txn -> txn.put(bytes("lock"), bytes("x"), 0));
              TestStore.write(batch, txn -> txn.deleteRange(single("lock"), false));
            }
          });
    }
    store.put("lock", "last");

    // The bound itself is an invariant of the walk; here it must hold at either parity.
    assertThat(store.pairs(10_002)).containsExactly("lock=x");
    assertThat(store.pairs(10_003)).isEmpty();
    assertThat(store.pairs(2)).containsExactly("lock=x");
  }

  @Test
  void case10_keyTwiceInABatch_secondChange_seesTheFirst() {
    List<ChangeSet> changes =
        store.apply(
            batch -> {
              TestStore.write(batch, txn -> txn.put(bytes("a"), bytes("1"), 0));
              TestStore.write(batch, txn -> txn.put(bytes("a"), bytes("2"), 0));
            });

    Change second = changes.get(1).changes().getFirst();
    assertThat(second.keyValue()).isEqualTo(kv("a", "2", 2, 3, 2));
    assertThat(second.previous()).contains(kv("a", "1", 2, 2, 1));
  }

  @Test
  void case11_keyPutAndDeletedInOneRevision_events_showTheStateBeforeIt() {
    store.put("a", "old");
    List<ChangeSet> live =
        store.write(
            txn -> {
              txn.put(bytes("a"), bytes("new"), 0);
              txn.put(bytes("b"), bytes("short"), 0);
              txn.deleteRange(single("a"), false);
              txn.deleteRange(single("b"), false);
            });

    List<Change> changes = live.getFirst().changes();
    assertThat(changes).extracting(Change::kind).containsExactly(PUT, PUT, DELETE, DELETE);
    assertThat(changes.get(0).previous()).contains(kv("a", "old", 2, 2, 1));
    assertThat(changes.get(2).previous()).contains(kv("a", "old", 2, 2, 1));
    assertThat(changes.get(3).previous()).isEmpty();
    assertThat(store.history(3).changes()).isEqualTo(live);
    assertThat(store.pairs(3)).isEmpty();
  }

  @Test
  void case11_keyDeletedAndPutInOneRevision_isANewGeneration() {
    store.put("a", "1");
    store.put("a", "2");
    List<ChangeSet> live =
        store.write(
            txn -> {
              txn.deleteRange(KeyRange.of(bytes("a"), ByteString.copyFrom(new byte[] {0})), false);
              txn.put(bytes("a"), bytes("3"), 0);
              txn.put(bytes("a"), bytes("4"), 0);
            });

    List<Change> changes = live.getFirst().changes();
    assertThat(changes.get(1).keyValue()).isEqualTo(kv("a", "3", 4, 4, 1));
    assertThat(changes.get(1).previous()).isEmpty();
    assertThat(changes.get(2).keyValue()).isEqualTo(kv("a", "4", 4, 4, 2));
    assertThat(changes.get(2).previous()).contains(kv("a", "2", 2, 3, 2));
    assertThat(store.history(4).changes()).isEqualTo(live);
    assertThat(store.pairs(4)).containsExactly("a=4");
  }

  @Test
  void case13_putThenRangeInATransaction_seesThePutOnlyAtRevision0() {
    store.put("a", "1");
    store.write(
        txn -> {
          txn.put(bytes("a"), bytes("2"), 0);

          assertThat(txn.range(EVERYTHING, 0).kvs()).containsExactly(kv("a", "2", 2, 3, 2));
          assertThat(txn.range(EVERYTHING, 2).kvs()).containsExactly(kv("a", "1", 2, 2, 1));
          assertRefused(() -> txn.range(EVERYTHING, 3), RevisionRefused.Kind.FUTURE);
        });
  }

  @Test
  void case14_transactionReadsARevisionOfItsOwnBatch_isServed() {
    store.apply(
        batch -> {
          TestStore.write(batch, txn -> txn.put(bytes("a"), bytes("1"), 0));
          TestStore.write(batch, txn -> txn.put(bytes("a"), bytes("2"), 0));
          TestStore.write(
              batch,
              txn ->
                  assertThat(txn.range(EVERYTHING, 2).kvs())
                      .containsExactly(kv("a", "1", 2, 2, 1)));
        });
  }

  @Test
  void case15_transactionReadsBelowACompactionOfItsOwnBatch_isRefused() {
    store.put("a", "1");
    store.put("a", "2");
    store.apply(
        batch -> {
          assertThat(batch.compact(3)).isEqualTo(new CompactOutcome.Done());
          WriteTxn txn = batch.write();
          assertRefused(() -> txn.range(EVERYTHING, 2), RevisionRefused.Kind.COMPACTED);
          assertRefused(() -> txn.range(EVERYTHING, -1), RevisionRefused.Kind.COMPACTED);
          txn.end();
        });
  }

  @Test
  void case16_nothingChanged_ended_makesNoRevision() {
    store.put("a", "1");

    List<ChangeSet> changes = store.write(txn -> txn.deleteRange(single("none"), true));

    assertThat(changes).isEmpty();
    assertThat(store.store().head()).isEqualTo(2);
    assertThat(store.history(3).changes()).isEmpty();
  }

  @Test
  void case17_revokeOfTwoLeasesInOneBatch_makesOneRevisionEachInKeyOrder() {
    store.put("b", "1", 7);
    store.put("a", "2", 7);
    store.put("c", "3", 8);

    List<ChangeSet> changes =
        store.apply(
            batch -> {
              revoke(batch, 7);
              revoke(batch, 8);
            });

    assertThat(changes).extracting(ChangeSet::revision).containsExactly(5L, 6L);
    assertThat(changes.getFirst().changes())
        .extracting(change -> change.keyValue().key())
        .containsExactly(bytes("a"), bytes("b"));
  }

  @Test
  void case18_keysMovedInTheBatchOfTheRevoke_survive() {
    store.put("moved", "1", 7);
    store.put("detached", "2", 7);
    store.put("recreated", "3", 7);
    store.put("attached", "4", 7);

    store.apply(
        batch -> {
          TestStore.write(
              batch,
              txn -> {
                txn.put(bytes("moved"), bytes("1"), 8);
                txn.put(bytes("detached"), bytes("2"), 0);
                txn.deleteRange(single("recreated"), false);
                txn.put(bytes("other"), bytes("5"), 7);
              });
          TestStore.write(batch, txn -> txn.put(bytes("recreated"), bytes("6"), 0));
          revoke(batch, 7);
        });

    assertThat(store.pairs(0)).containsExactly("detached=2", "moved=1", "recreated=6");
    assertThat(store.store().attachedKeys(8)).containsExactly(bytes("moved"));
    assertThat(store.store().attachedKeys(7)).isEmpty();
  }

  @Test
  void case24_historyWrittenEarlyThenCrash_isInvisibleAndOverwritten() {
    store.close();
    store = TestStore.in(directory, TestStore.SMALL.withEarlyHistoryBytes(10));
    store.put("a", "1");
    WriteTxn lost = store.store().newBatch().write();
    for (int i = 0; i < 5; i++) {
      lost.put(bytes("k" + i), bytes("lost"), 0);
    }
    store.store().flush();
    store.crash();

    assertThat(Rows.of(store.store(), Family.HISTORY)).hasSizeGreaterThan(1);
    assertThat(store.pairs(0)).containsExactly("a=1");
    assertThat(store.history(2).changes()).hasSize(1);
    HashResult hash = store.hashKv(0);
    store.restart();
    assertThat(store.hashKv(0)).isEqualTo(hash);
  }

  @Test
  void case24_historyWrittenEarlyThenAbandoned_isRemoved() {
    store.close();
    store = TestStore.in(directory, TestStore.SMALL.withEarlyHistoryBytes(10));
    ApplyBatch batch = store.store().newBatch();
    WriteTxn abandoned = batch.write();
    for (int i = 0; i < 5; i++) {
      abandoned.put(bytes("k" + i), bytes("lost"), 0);
    }
    batch.abandon();

    store.put("a", "1");
    store.put("a", "2");

    assertThat(store.history(2).changes()).hasSize(2);
  }

  @Test
  void case25_crashBeforeTheFirstFlush_leavesAnEmptyStore() {
    store.put("a", "1");
    store.crash();

    assertThat(store.store().head()).isEqualTo(1);
    assertThat(store.store().compactedRevision()).isEqualTo(-1);
    assertThat(store.store().appliedIndex()).isZero();
    assertThat(store.pairs(0)).isEmpty();
  }

  @Test
  void case26_oneByteOfAnything_changesTheHash() {
    List<Integer> hashes = new ArrayList<>();
    for (Object[] put :
        new Object[][] {{"a", "x", 0L}, {"a", "y", 0L}, {"b", "x", 0L}, {"a", "x", 7L}}) {
      ApplyBatch batch = store.store().newBatch();
      TestStore.write(
          batch, txn -> txn.put(bytes((String) put[0]), bytes((String) put[1]), (Long) put[2]));
      batch.commit(1, 3);
      hashes.add(store.hashKv(2).hash());
      store.crash();
    }

    assertThat(hashes).doesNotHaveDuplicates();
  }

  @Test
  void case28_emptyValue_isALiveKey() {
    store.put("a", "");
    store.put("a", "");

    Change second = store.history(3).changes().getFirst().changes().getFirst();
    assertThat(second.kind()).isEqualTo(PUT);
    assertThat(second.previous()).contains(kv("a", "", 2, 2, 1));
    assertThat(store.pairs(0)).containsExactly("a=");
    assertThat(store.pairs(2)).containsExactly("a=");
  }

  @Test
  void case31_extremeLeases_areAttachedAndRevoked() {
    for (long lease : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE}) {
      store.apply(batch -> batch.putLease(new LeaseRecord(lease, 60, 0, 1)));
      store.put("k", "v", lease);
      store.restart();

      assertThat(store.store().attachedKeys(lease)).containsExactly(bytes("k"));
      assertThat(store.range(EVERYTHING, 0).kvs().getFirst().lease()).isEqualTo(lease);
      store.apply(batch -> revoke(batch, lease));
      assertThat(store.pairs(0)).isEmpty();
      assertThat(store.store().leases()).isEmpty();
    }
  }

  @Test
  void case31_extremeKeys_areInByteOrder() {
    ByteString zero = ByteString.copyFrom(new byte[] {0});
    ByteString ones = ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xff});
    for (ByteString key : List.of(ones, bytes("ab"), bytes("a"), zero)) {
      store.write(txn -> txn.put(key, bytes("v"), 0));
    }

    assertThat(store.range(EVERYTHING, 0).kvs())
        .extracting(KeyValue::key)
        .containsExactly(zero, bytes("a"), bytes("ab"), ones);
    assertThat(store.range(EVERYTHING, 4).kvs())
        .extracting(KeyValue::key)
        .containsExactly(bytes("a"), bytes("ab"), ones);
    RangeQuery empty = RangeQuery.all(KeyRange.of(bytes("a"), bytes("a")));
    assertThat(store.range(empty, 0)).isEqualTo(RangeResult.EMPTY);
    assertThat(store.range(empty, 3)).isEqualTo(RangeResult.EMPTY);
  }

  private static void revoke(ApplyBatch batch, long lease) {
    TestStore.write(
        batch,
        txn -> batch.attachedKeys(lease).forEach(k -> txn.deleteRange(KeyRange.single(k), false)));
    batch.removeLease(lease);
  }

  private static KeyValue kv(String key, String value, long create, long mod, long version) {
    return new KeyValue(bytes(key), bytes(value), create, mod, version, 0);
  }

  private static void assertRefused(ThrowingCallable read, RevisionRefused.Kind kind) {
    assertThatThrownBy(read)
        .isInstanceOf(RevisionRefused.class)
        .satisfies(e -> assertThat(((RevisionRefused) e).kind()).isEqualTo(kind));
  }
}
