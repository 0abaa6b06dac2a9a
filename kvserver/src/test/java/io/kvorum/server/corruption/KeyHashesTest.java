package io.kvorum.server.corruption;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.HashResult;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.server.cluster.PeerAnswer.CompactedRevision;
import io.kvorum.server.cluster.PeerAnswer.FutureRevision;
import io.kvorum.server.cluster.PeerAnswer.Hashed;
import io.kvorum.server.corruption.KeyHashes.Compactions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyHashesTest {
  @TempDir Path directory;
  private final List<Throwable> failures = new ArrayList<>();
  private MvccStore store;
  private KeyHashes hashes;

  @BeforeEach
  void open() {
    store = MvccStore.open(directory.resolve("db"), StoreOptions.defaults());
    hashes = new KeyHashes(store, Compactions.REMEMBERED, failures::add);
  }

  @AfterEach
  void close() {
    hashes.close();
    store.close();
    assertThat(failures).isEmpty();
  }

  private void put(String value) {
    ApplyBatch batch = store.newBatch();
    WriteTxn txn = batch.write();
    var _ = txn.put(ByteString.copyFromUtf8("key"), ByteString.copyFromUtf8(value), 0);
    txn.end();
    var _ = batch.commit(store.appliedIndex() + 1, 1);
  }

  private void compact(long revision) {
    ApplyBatch batch = store.newBatch();
    var _ = batch.compact(revision);
    var _ = batch.commit(store.appliedIndex() + 1, 1);
  }

  /// Looks for a compaction, and returns when what it finds is done: hashes are made in order.
  private void tick() {
    hashes.tick();
    hashes.at(0).join();
  }

  @Test
  void revision_hashed_isTheOneAskedFor_orSaysWhyNot() {
    put("a");
    put("b");
    compact(2);

    assertThat(hashes.at(0).join()).isEqualTo(hashes.at(3).join());
    assertThat(hashes.at(3).join())
        .isInstanceOfSatisfying(
            Hashed.class,
            hashed -> {
              assertThat(hashed.of().revision()).isEqualTo(3);
              assertThat(hashed.of().compactRevision()).isEqualTo(2);
              assertThat(hashed.head()).isEqualTo(3);
            });
    assertThat(hashes.at(4).join()).isEqualTo(new FutureRevision(3));
    assertThat(hashes.at(1).join()).isEqualTo(new CompactedRevision(2));
  }

  @Test
  void compaction_laterOnesFollow_itsHashIsStillTold() {
    put("a");
    put("b");
    compact(2);
    tick();
    HashResult kept = hashes.ofCompactions().getFirst();
    put("c");
    compact(3);
    tick();

    assertThat(kept.revision()).isEqualTo(2);
    assertThat(kept.compactRevision()).isEqualTo(2);
    assertThat(hashes.at(2).join()).isEqualTo(new Hashed(kept, 4));
    assertThat(hashes.ofCompactions()).extracting(HashResult::revision).containsExactly(3L, 2L);
  }

  @Test
  void compaction_overtakenBeforeItIsHashed_isLeftOut() {
    put("a");
    put("b");
    compact(2);
    compact(3);

    tick();

    assertThat(hashes.ofCompactions()).extracting(HashResult::revision).containsExactly(3L);
  }

  @Test
  void manyCompactions_theTenNewestAreKept() {
    for (int i = 0; i < 12; i++) {
      put("value " + i);
      compact(store.head());
      tick();
    }

    assertThat(hashes.ofCompactions())
        .extracting(HashResult::revision)
        .containsExactlyElementsOf(LongStream.rangeClosed(4, 13).map(i -> 17 - i).boxed().toList());
  }

  /// Members come to the same hash though they have dropped and written different things by then.
  @Test
  void compaction_hashedEarlyOrLate_isTheSame() {
    put("a");
    put("b");
    compact(2);
    tick();
    HashResult early = hashes.ofCompactions().getFirst();
    put("c");
    store.compactPhysically(2).join();
    try (KeyHashes late = new KeyHashes(store, Compactions.IGNORED, failures::add)) {
      assertThat(late.at(2).join()).isEqualTo(new Hashed(early, 4));
    }
  }

  @Test
  void compactionsIgnored_nothingIsHashed() {
    try (KeyHashes ignoring = new KeyHashes(store, Compactions.IGNORED, failures::add)) {
      put("a");
      compact(2);
      ignoring.tick();
      ignoring.at(0).join();

      assertThat(ignoring.ofCompactions()).isEmpty();
    }
  }
}
