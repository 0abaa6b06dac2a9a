package io.kvorum.mvcc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.KeyLayout;
import io.kvorum.mvcc.rocks.RecordEncoder;
import io.kvorum.mvcc.rocks.SnapshotView;
import io.kvorum.mvcc.rocks.StateDb;
import io.kvorum.mvcc.rocks.StateDbOptions;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The exact bytes of mvcc.md §2.5: grant 7; put a=x; put a=yy lease 7; delete a; put a=z.
class GoldenBytesTest {
  private static final byte[] A = {'a'};
  private static final byte[] ATTACHMENT = HexFormat.of().parseHex("41000000000000000761");

  @TempDir private Path directory;
  private TestStore store;
  private Optional<StateDb> db = Optional.empty();

  @BeforeEach
  void grantAndFirstPut() {
    store = TestStore.in(directory);
    store.apply(batch -> batch.putLease(new LeaseRecord(7, 60, 0, 1)));
    store.put("a", "x");
  }

  @Test
  void firstPut_written_hasTheBytesOfRevision2() {
    try (SnapshotView view = closeAndView()) {
      assertThat(hex(view.get(Family.LATEST, A))).isEqualTo("0102000000010178");
      assertThat(entry(view, 2)).isEqualTo("00420161080102000000010178");
    }
  }

  @Test
  void updateWithLease_written_hasTheBytesOfRevision3() {
    store.put("a", "yy", 7);

    try (SnapshotView view = closeAndView()) {
      assertThat(hex(view.get(Family.LATEST, A))).isEqualTo("0503000100020200000000000000077979");
      assertThat(entry(view, 3))
          .isEqualTo("01860101611105030001000202000000000000000779790102000000010178");
      assertThat(hex(view.get(Family.LEASE, ATTACHMENT))).isEqualTo("01");
    }
  }

  @Test
  void delete_written_hasTheBytesOfRevision4() {
    store.put("a", "yy", 7);
    store.delete("a");

    try (SnapshotView view = closeAndView()) {
      assertThat(view.get(Family.LATEST, A)).isNull();
      assertThat(hex(view.get(Family.DELETED, A))).isEqualTo("020400020003");
      assertThat(entry(view, 4))
          .isEqualTo("01c9010161060204000200030503000100020200000000000000077979");
      assertThat(view.get(Family.LEASE, ATTACHMENT)).isNull();
    }
  }

  @Test
  void recreation_written_hasTheBytesOfRevision5() {
    store.put("a", "yy", 7);
    store.delete("a");
    store.put("a", "z");

    try (SnapshotView view = closeAndView()) {
      assertThat(hex(view.get(Family.LATEST, A))).isEqualTo("010500000004017a");
      assertThat(view.get(Family.DELETED, A)).isNull();
      assertThat(entry(view, 5)).isEqualTo("018b02016108010500000004017a020400020003");
    }
  }

  @Test
  void recreation_written_leavesTheCountersOfSection25() {
    store.put("a", "yy", 7);
    store.delete("a");
    store.put("a", "z");

    try (SnapshotView view = closeAndView()) {
      byte[] state = view.get(Family.META, KeyLayout.stateKey());
      assertThat(hex(state))
          .isEqualTo(
              "01"
                  + f64(5) // applied index
                  + f64(3) // applied term
                  + f64(5) // head
                  + f64(-1) // compacted
                  + f64(66) // live bytes
                  + f64(1) // live keys
                  + f64(1) // leases
                  + f64(267) // history cum
                  + f64(0) // history base
                  + f64(
                      new RecordHash()
                          .of(A, StoredRecord.parse(requireNonNull(view.get(Family.LATEST, A)))))
                  + f64(4)); // newest delete
      assertThat(hex(view.get(Family.COUNT, new byte[0]))).isEqualTo("01");
    }
  }

  @Test
  void sixtyFourthRecordOfAChain_encoded_pointsAtItselfTwice() {
    StoredRecord record = RecordEncoder.at(2, 0, -1).put(null, new byte[0], 0);
    for (long main = 3; main <= 65; main++) {
      record = RecordEncoder.at(main, 0, -1).put(record, new byte[0], 0);
    }

    assertThat(hex(record.bytes())).isEqualTo("0141003f00404000000000");
  }

  @AfterEach
  void close() {
    db.ifPresent(StateDb::close);
  }

  /// What is on disk after the store has been closed.
  private SnapshotView closeAndView() {
    store.close();
    StateDbOptions options =
        new StateDbOptions(16 << 20, StoreOptions.defaults().nativeLibraryDirectory());
    StateDb opened = StateDb.open(directory, options);
    db = Optional.of(opened);
    return opened.snapshot();
  }

  private static String entry(SnapshotView view, long main) {
    return hex(view.get(Family.HISTORY, KeyLayout.historyKey(main, 0)));
  }

  private static String f64(long value) {
    return HexFormat.of().toHexDigits(value);
  }

  private static String hex(byte @Nullable [] bytes) {
    return bytes == null ? "none" : HexFormat.of().formatHex(bytes);
  }
}
