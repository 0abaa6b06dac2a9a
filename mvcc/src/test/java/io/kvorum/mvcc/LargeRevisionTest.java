package io.kvorum.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Revisions that change more than memory should hold at once.
class LargeRevisionTest {
  private static final int MIB = 1 << 20;
  private static final ByteString VALUE = ByteString.copyFrom(new byte[MIB]);

  @TempDir private Path directory;
  private MvccStore store;
  private long index;

  @BeforeEach
  void open() {
    store = MvccStore.open(directory, StoreOptions.defaults());
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void deleteOfMuch_committed_isLeftOutOfTheChangesButNotOfHistory() {
    put(20);
    ApplyBatch batch = store.newBatch();
    WriteTxn small = batch.write();
    small.put(ByteString.copyFromUtf8("small"), ByteString.EMPTY, 0);
    long before = small.end();
    WriteTxn txn = batch.write();
    assertThat(txn.deleteRange(KeyRange.all(), false).count()).isEqualTo(21);
    long revision = txn.end();
    WriteTxn after = batch.write();
    after.put(ByteString.copyFromUtf8("after"), ByteString.EMPTY, 0);
    long next = after.end();

    assertThat(batch.commit(++index, 1))
        .extracting(ChangeSet::revision)
        .containsExactly(before, next);
    ChangeSet changes = changesOf(revision);
    assertThat(changes.changes()).hasSize(21).allMatch(each -> each.previous().isPresent());
  }

  @Test
  void deleteOfMuchMore_readFromHistory_comesWithoutPreviousPairs() {
    int keys = (int) (HistoryReader.MAX_PREVIOUS_BYTES / MIB) + 2;
    put(keys);
    ApplyBatch batch = store.newBatch();
    WriteTxn txn = batch.write();
    assertThat(txn.deleteRange(KeyRange.all(), false).count()).isEqualTo(keys);
    long revision = txn.end();
    assertThat(batch.commit(++index, 1)).isEmpty();

    assertThat(changesOf(revision).changes())
        .hasSize(keys)
        .allMatch(each -> each.previous().isEmpty());
  }

  @Test
  void batch_muchChangedByLittle_isLarge() {
    put(20);
    ApplyBatch batch = store.newBatch();
    assertThat(batch.isLarge()).isFalse();
    for (int key = 0; key < 20; key++) {
      WriteTxn txn = batch.write();
      txn.put(key(key), VALUE, 0);
      txn.end();
    }
    assertThat(batch.isLarge()).isTrue();
    batch.abandon();
    ApplyBatch next = store.newBatch();
    assertThat(next.isLarge()).isFalse();
    next.abandon();
  }

  private ChangeSet changesOf(long revision) {
    try (ReadTxn read = store.read()) {
      List<ChangeSet> sets = read.history(revision, 1, 1).changes();
      assertThat(sets).hasSize(1);
      return sets.getFirst();
    }
  }

  private void put(int keys) {
    for (int key = 0; key < keys; key++) {
      ApplyBatch batch = store.newBatch();
      WriteTxn txn = batch.write();
      txn.put(key(key), VALUE, 0);
      txn.end();
      var _ = batch.commit(++index, 1);
    }
  }

  private static ByteString key(int number) {
    return ByteString.copyFromUtf8("key%05d".formatted(number));
  }
}
