package io.kvorum.mvcc;

import static io.kvorum.mvcc.TestStore.bytes;
import static io.kvorum.mvcc.TestStore.range;
import static io.kvorum.mvcc.TestStore.single;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.mvcc.rocks.StoreUnusable;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MvccStoreTest {
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
  void freshStore_opened_isAtRevision1WithoutCompaction() {
    assertThat(store.store().head()).isEqualTo(1);
    assertThat(store.store().compactedRevision()).isEqualTo(-1);
    assertThat(store.store().appliedIndex()).isZero();
    assertThat(store.pairs(0)).isEmpty();
    assertThat(store.pairs(1)).isEmpty();
  }

  @Test
  void putsAndDelete_readAtEachRevision_showTheStateOfThen() {
    store.put("a", "1");
    store.put("b", "2");
    store.put("a", "3");
    store.delete("a");
    store.put("a", "4");

    assertThat(store.pairs(1)).isEmpty();
    assertThat(store.pairs(2)).containsExactly("a=1");
    assertThat(store.pairs(3)).containsExactly("a=1", "b=2");
    assertThat(store.pairs(4)).containsExactly("a=3", "b=2");
    assertThat(store.pairs(5)).containsExactly("b=2");
    assertThat(store.pairs(6)).containsExactly("a=4", "b=2");
    assertThat(store.pairs(0)).containsExactly("a=4", "b=2");
  }

  @Test
  void closedStore_reopened_hasEverything() {
    store.put("a", "1");
    store.put("a", "2", 7);

    store.restart();

    assertThat(store.store().head()).isEqualTo(3);
    assertThat(store.store().appliedIndex()).isEqualTo(2);
    assertThat(store.store().appliedTerm()).isEqualTo(3);
    assertThat(store.range(RangeQuery.all(single("a")), 0).kvs())
        .containsExactly(new KeyValue(bytes("a"), bytes("2"), 2, 3, 2, 7));
  }

  @Test
  void crashedStore_reopened_isAtTheLastFlush() {
    store.put("a", "1");
    store.store().flush();
    store.put("a", "2");

    store.crash();

    assertThat(store.store().appliedIndex()).isEqualTo(1);
    assertThat(store.pairs(0)).containsExactly("a=1");
  }

  @Test
  void abandonedBatch_nextBatch_startsFromTheState() {
    store.put("a", "1");
    ApplyBatch batch = store.store().newBatch();
    TestStore.write(batch, txn -> txn.put(bytes("a"), bytes("2"), 0));
    batch.abandon();

    List<ChangeSet> changes = store.put("a", "3");

    assertThat(store.pairs(0)).containsExactly("a=3");
    assertThat(changes).singleElement().satisfies(set -> assertThat(set.revision()).isEqualTo(3));
    assertThat(changes.getFirst().changes().getFirst().previous().orElseThrow().value())
        .isEqualTo(bytes("1"));
  }

  @Test
  void rangeDelete_ofSomeKeys_isOneRevisionInKeyOrder() {
    store.put("a", "1");
    store.put("b", "2");
    store.put("c", "3");

    List<ChangeSet> changes = store.write(txn -> txn.deleteRange(range("a", "c"), true));

    assertThat(changes).hasSize(1);
    assertThat(changes.getFirst().changes())
        .extracting(change -> change.keyValue().key().toStringUtf8())
        .containsExactly("a", "b");
    assertThat(store.pairs(0)).containsExactly("c=3");
  }

  @Test
  void flush_completed_reportsTheDurableIndex() {
    long[] durable = new long[1];
    store.store().onDurable(index -> durable[0] = index);
    store.put("a", "1");
    store.put("a", "2");

    store.store().flush();

    assertThat(durable[0]).isEqualTo(2);
    assertThat(store.store().durableIndex()).isEqualTo(2);
  }

  @Test
  void openStore_openedAgain_isLocked() {
    assertThatThrownBy(() -> MvccStore.open(directory, TestStore.SMALL))
        .isInstanceOf(StoreUnusable.class)
        .satisfies(
            e -> assertThat(((StoreUnusable) e).reason()).isEqualTo(StoreUnusable.Reason.LOCKED));
  }
}
