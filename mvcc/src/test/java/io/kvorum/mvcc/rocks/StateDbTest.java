package io.kvorum.mvcc.rocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.mvcc.rocks.StoreUnusable.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

class StateDbTest {
  @TempDir private Path temporary;

  @Test
  void directoryOpenAlready_opened_isLocked() {
    try (StateDb first = open("db")) {
      assertUnusable("db", Reason.LOCKED);
      assertThat(first.fileBytes()).isNotNegative();
    }
  }

  @Test
  void stateOfANewerFormat_opened_isRefusedAndUntouched() throws RocksDBException {
    byte[] newer = StateRecord.EMPTY.encode();
    newer[0] = 2;
    writeState(newer);

    assertUnusable("db", Reason.NEWER_FORMAT);
    assertUnusable("db", Reason.NEWER_FORMAT);
  }

  @Test
  void stateCut_opened_isUnreadable() throws RocksDBException {
    writeState(new byte[] {1, 0, 0});

    assertUnusable("db", Reason.UNREADABLE);
  }

  @Test
  void unknownFamily_opened_isANewerFormat() throws RocksDBException {
    open("db").close();
    try (DBOptions options = new DBOptions().setCreateMissingColumnFamilies(true);
        ColumnFamilyOptions familyOptions = new ColumnFamilyOptions()) {
      List<ColumnFamilyDescriptor> families =
          Stream.of(
                  "default", "meta", "latest", "deleted", "history", "lease", "count", "auth", "x")
              .map(name -> new ColumnFamilyDescriptor(KeyLayout.metaKey(name), familyOptions))
              .toList();
      RocksDB.open(options, temporary.resolve("db").toString(), families, new ArrayList<>())
          .close();
    }

    assertUnusable("db", Reason.NEWER_FORMAT);
  }

  @Test
  void damagedFiles_opened_areUnreadable() throws IOException {
    open("db").close();
    Files.writeString(temporary.resolve("db/CURRENT"), "MANIFEST-999999\n");

    assertUnusable("db", Reason.UNREADABLE);
  }

  @Test
  void fileInsteadOfADirectory_opened_isUnreadable() throws IOException {
    Files.writeString(temporary.resolve("db"), "not a directory");

    assertUnusable("db", Reason.UNREADABLE);
  }

  @Test
  void nativeLibrary_loaded_leavesNothingBehind() throws IOException {
    open("db").close();

    try (Stream<Path> left = Files.list(temporary.resolve("native"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void databaseClosed_whileASnapshotIsHeld_waitsForIt() {
    StateDb db = open("db");
    SnapshotView view = db.snapshot();
    CompletableFuture<Void> closed = CompletableFuture.runAsync(db::close);

    assertThat(view.get(Family.META, KeyLayout.stateKey())).isNull();
    assertThat(closed).isNotDone();
    view.close();
    closed.join();

    assertThatThrownBy(db::retain).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void checkpoint_opened_isTheStateOfThen() {
    try (StateDb db = open("db");
        StateBatch batch = new StateBatch(db)) {
      batch.put(Family.LATEST, new byte[] {'a'}, new byte[] {1});
      batch.write(StateRecord.EMPTY);
      db.checkpoint(temporary.resolve("copy"));
      batch.put(Family.LATEST, new byte[] {'a'}, new byte[] {2});
      batch.write(StateRecord.EMPTY);
    }

    try (StateDb copy = open("copy")) {
      assertThat(copy.get(Family.LATEST, new byte[] {'a'})).containsExactly(1);
    }
  }

  @Test
  void passOverFiles_scannedOnce_leavesTheCacheAsItWas() {
    try (StateDb db = open("db");
        StateBatch batch = new StateBatch(db)) {
      for (int key = 0; key < 64; key++) {
        batch.put(Family.LATEST, new byte[] {(byte) key}, new byte[64 << 10]);
      }
      batch.write(StateRecord.EMPTY);
      db.flush();
    }

    try (StateDb db = open("db");
        SnapshotView view = db.snapshot()) {
      assertThat(rowCount(view.once())).isEqualTo(64);
      long once = db.cachedBytes();
      assertThat(rowCount(view)).isEqualTo(64);
      long kept = db.cachedBytes();

      assertThat(kept - once).isGreaterThan(63L * (64 << 10));
    }
  }

  private static int rowCount(StateView view) {
    int count = 0;
    try (RowCursor rows = view.scan(Family.LATEST, new byte[0], null)) {
      while (rows.isValid()) {
        count++;
        rows.next();
      }
    }
    return count;
  }

  private void writeState(byte[] state) throws RocksDBException {
    try (StateDb db = open("db");
        WriteBatch batch = new WriteBatch()) {
      batch.put(db.handle(Family.META), KeyLayout.stateKey(), state);
      db.write(batch);
      db.flush();
    }
  }

  private StateDb open(String name) {
    return StateDb.open(
        temporary.resolve(name), new StateDbOptions(64 << 20, temporary.resolve("native")));
  }

  private void assertUnusable(String name, Reason reason) {
    assertThatThrownBy(() -> open(name))
        .isInstanceOf(StoreUnusable.class)
        .satisfies(e -> assertThat(((StoreUnusable) e).reason()).isEqualTo(reason));
  }
}
