package io.kvorum.mvcc.rocks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Block counters against a set of keys (mvcc.md §9, §12 case 29).
class BlockCountsTest {
  private static final int TARGET = 4;
  private static final byte[] ANY = {1};

  @TempDir private Path directory;
  private StateDb db;
  private StateBatch batch;
  private BlockLedger ledger;
  private final TreeSet<String> model = new TreeSet<>();

  @BeforeEach
  void open() {
    db =
        StateDb.open(
            directory, new StateDbOptions(64 << 20, Path.of(System.getProperty("java.io.tmpdir"))));
    batch = new StateBatch(db);
    ledger = new BlockLedger(batch, TARGET);
  }

  @AfterEach
  void close() {
    batch.close();
    db.close();
  }

  @Test
  void keysComeAndGo_countedInRandomRanges_isExactAtEveryStep() {
    SplittableRandom random = new SplittableRandom(17);
    for (int step = 0; step < 6000; step++) {
      // Waves of growth and decline, so that blocks and chunks split and merge.
      boolean grow = random.nextInt(10) < ((step / 1500) % 2 == 0 ? 8 : 2);
      change(key(random), grow);
      checkRange(random, ledger.current());
      if (step % 97 == 0) {
        commit();
      }
    }
    assertThat(model).isNotEmpty();
  }

  @Test
  void allKeysDeleted_fences_mergeBackIntoOne() {
    for (int i = 0; i < 2000; i++) {
      change(text(i), true);
    }
    commit();
    int blocks = rows().size();
    for (int i = 0; i < 2000; i++) {
      change(text(i), false);
    }
    commit();

    assertThat(blocks).isGreaterThan(200);
    assertThat(rows()).containsExactly("=0");
  }

  @Test
  void publishedCounts_keysChangeAfterwards_stayAsTheyWere() {
    for (int i = 0; i < 500; i += 2) {
      change(text(i), true);
    }
    commit();
    BlockCounts published = ledger.publish();
    try (SnapshotView view = db.snapshot()) {
      for (int i = 1; i < 500; i += 2) {
        change(text(i), true);
      }
      commit();

      assertThat(published.count(view, new byte[0], null)).isEqualTo(250);
      assertThat(published.count(view, bytes(text(100)), bytes(text(200)))).isEqualTo(50);
    }
    assertThat(ledger.publish().count(batch, new byte[0], null)).isEqualTo(500);
  }

  @Test
  void rangeEndsAtFences_counted_isExact() {
    for (int i = 0; i < 300; i++) {
      change(text(i), true);
    }
    commit();
    List<byte[]> fences = new ArrayList<>();
    try (RowCursor cursor = batch.scan(Family.COUNT, new byte[0], null)) {
      for (; cursor.isValid(); cursor.next()) {
        fences.add(cursor.key());
      }
    }
    for (byte[] from : fences) {
      for (byte[] end : fences) {
        check(ledger.current(), text(from), text(end));
      }
      check(ledger.current(), text(from), null);
    }
  }

  @Test
  void sameOperations_reloadedBetween_giveTheSameFences() {
    SplittableRandom first = new SplittableRandom(23);
    for (int i = 0; i < 3000; i++) {
      change(key(first), first.nextInt(5) < 3);
    }
    commit();
    List<String> expected = rows();

    wipe();
    SplittableRandom second = new SplittableRandom(23);
    for (int i = 0; i < 3000; i++) {
      change(key(second), second.nextInt(5) < 3);
      if (i % 100 == 0) {
        commit();
        ledger = new BlockLedger(batch, TARGET);
      }
    }
    commit();

    assertThat(rows()).isEqualTo(expected);
  }

  @Test
  void changesReverted_counts_areThoseLastPublished() {
    for (int i = 0; i < 100; i++) {
      change(text(i), true);
    }
    commit();
    TreeSet<String> before = new TreeSet<>(model);
    for (int i = 0; i < 100; i += 3) {
      change(text(i), false);
    }
    batch.abandon();
    ledger.revert();
    model.clear();
    model.addAll(before);

    check(ledger.current(), text(10), text(90));
    change(text(1), false);
    check(ledger.current(), "", null);
  }

  private void change(String key, boolean create) {
    byte[] bytes = bytes(key);
    if (create && model.add(key)) {
      batch.put(Family.LATEST, bytes, ANY);
      ledger.created(bytes);
    } else if (!create && model.remove(key)) {
      batch.remove(Family.LATEST, bytes);
      ledger.removed(bytes);
    }
  }

  private void commit() {
    batch.write(StateRecord.EMPTY);
    ledger.publish();
  }

  private void wipe() {
    for (String key : List.copyOf(model)) {
      change(key, false);
    }
    commit();
  }

  private void checkRange(SplittableRandom random, BlockCounts counts) {
    check(counts, key(random), random.nextInt(8) == 0 ? null : key(random));
  }

  private void check(BlockCounts counts, String from, @Nullable String end) {
    long expected = 0;
    for (String key : model.tailSet(from)) {
      expected += end == null || key.compareTo(end) < 0 ? 1 : 0;
    }
    assertThat(counts.count(batch, bytes(from), end == null ? null : bytes(end)))
        .as("[%s, %s)", from, end)
        .isEqualTo(expected);
  }

  private List<String> rows() {
    List<String> rows = new ArrayList<>();
    try (RowCursor cursor = batch.scan(Family.COUNT, new byte[0], null)) {
      for (; cursor.isValid(); cursor.next()) {
        rows.add(text(cursor.key()) + "=" + cursor.value()[0]);
      }
    }
    return rows;
  }

  private static String key(SplittableRandom random) {
    return text(random.nextInt(800));
  }

  private static String text(int i) {
    return "k%04d".formatted(i);
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
