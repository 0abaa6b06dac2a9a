package io.kvorum.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.LogScript.Entry;
import io.kvorum.mvcc.rocks.StateRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// One seed of the model test: a store, the naive model, and what happens to them.
final class ModelRun implements AutoCloseable {
  private static final int MAX_BATCH_ENTRIES = 12;
  private static final int MAX_PINS = 3;
  private static final int BLOCK_TARGET = 4;
  private static final int TWIN_BATCH_ENTRIES = 500;
  private static final int LEASES = LogScript.leases().length;

  private final SplittableRandom random;
  private final LogScript script;
  private final NaiveStore model = new NaiveStore();
  private final ModelMember member;
  private final Path twinDirectory;
  private final List<HeldPin> pins = new ArrayList<>();

  // What the model answered to each entry that a crash may make the member apply again.
  private final NavigableMap<Long, Expected> answers = new TreeMap<>();
  private long operations;

  ModelRun(Path directory, long seed) {
    this.random = new SplittableRandom(seed ^ 0x5eed);
    this.script = new LogScript(seed);
    StoreOptions options =
        TestStore.SMALL
            .withBlockTarget(BLOCK_TARGET)
            .withNewestCacheBytes(random.nextBoolean() ? 0 : 4_000)
            .withEarlyHistoryBytes(random.nextBoolean() ? 300 : 1 << 20);
    this.member = new ModelMember(directory.resolve("member"), options, script);
    this.twinDirectory = directory.resolve("twin");
  }

  /// A reader that stays behind, with the states it must go on seeing: at its head, and at an older
  /// revision that was readable when it began.
  private record HeldPin(
      ReadTxn txn,
      NavigableMap<ByteString, KeyValue> state,
      long pastRevision,
      NavigableMap<ByteString, KeyValue> pastState,
      List<ChangeSet> pastEvents) {}

  private record Expected(List<Object> answers, List<ChangeSet> changes) {}

  /// Applies entries `1 … last` with mishaps; returns how many operations they held.
  long through(long last) {
    long index = 0;
    while (index < last) {
      index = Math.min(last, index + random.nextInt(1, MAX_BATCH_ENTRIES + 1));
      while (member.store().appliedIndex() < index) {
        applyNextBatch(index);
        mishap(index);
      }
      checkReads();
    }
    checkEverything();
    return operations;
  }

  private void applyNextBatch(long index) {
    long from = member.store().appliedIndex() + 1;
    long to = Math.min(index, from + random.nextInt(MAX_BATCH_ENTRIES));
    List<List<Object>> expectedAnswers = new ArrayList<>();
    List<ChangeSet> expectedChanges = new ArrayList<>();
    for (long i = from; i <= to; i++) {
      Expected expected = answers.computeIfAbsent(i, this::askModel);
      expectedAnswers.add(expected.answers());
      expectedChanges.addAll(expected.changes());
    }
    ModelMember.Shown shown = member.applyThrough(to);
    if (!shown.answers().equals(expectedAnswers)) {
      assertThat(shown.answers()).as("entries %d to %d", from, to).isEqualTo(expectedAnswers);
    }
    if (!shown.changes().equals(expectedChanges)) {
      assertThat(shown.changes()).as("events %d to %d", from, to).isEqualTo(expectedChanges);
    }
    answers.headMap(member.store().durableIndex(), true).clear();
  }

  private Expected askModel(long index) {
    Entry entry = script.entry(index);
    operations += entry instanceof Entry.Txn(var ops) ? ops.size() : 1;
    long head = model.head();
    List<Object> seen = model.apply(entry);
    return new Expected(seen, model.head() > head ? model.eventsFrom(head + 1) : List.of());
  }

  /// Something that must not change any answer.
  private void mishap(long index) {
    switch (random.nextInt(2000)) {
      case 0, 1, 2 -> crash();
      case 3 -> {
        dropPins();
        member.crashInsideBatch(index + 5);
      }
      case 4, 5 -> {
        dropPins();
        member.restart();
      }
      case 6, 7, 8, 9, 10, 11 -> member.compactPhysically();
      case 12, 13, 14, 15 -> member.store().flush();
      default -> smallMishap(index);
    }
  }

  private void smallMishap(long index) {
    switch (random.nextInt(60)) {
      case 0 -> member.dropDeadRows(random);
      case 1, 2, 3, 4 -> member.offerPurge(someKeys());
      case 5 -> member.abandonBatch(index + 3);
      case 6, 7 -> holdPin();
      default -> {}
    }
  }

  private void crash() {
    dropPins();
    member.crash();
  }

  private List<byte[]> someKeys() {
    List<byte[]> keys = new ArrayList<>();
    for (ByteString key : script.keys()) {
      if (random.nextBoolean()) {
        keys.add(key.toByteArray());
      }
    }
    return keys;
  }

  private void holdPin() {
    if (pins.size() == MAX_PINS) {
      pins.removeFirst().txn().close();
    }
    if (isCaughtUp()) {
      long past = random.nextLong(Math.max(1, model.compacted()), model.head() + 1);
      pins.add(
          new HeldPin(
              member.store().read(),
              model.stateAt(model.head()),
              past,
              model.stateAt(past),
              model.eventsFrom(past)));
    }
  }

  private void dropPins() {
    for (HeldPin pin : pins) {
      pin.txn().close();
    }
    pins.clear();
  }

  private boolean isCaughtUp() {
    return member.store().head() == model.head();
  }

  private void checkReads() {
    long compacted = model.compacted();
    long oldest = Math.max(1, compacted);
    long revision = random.nextLong(oldest, model.head() + 1);
    try (ReadTxn txn = member.store().read()) {
      checkRange(txn, revision);
      checkRange(txn, random.nextInt(4) == 0 ? oldest : 0);
      if (random.nextInt(8) == 0) {
        checkRefusals(txn, compacted);
        checkCursor(txn, revision);
      }
      if (random.nextInt(8) == 0) {
        checkHistory(txn, Math.max(2, random.nextInt(3) == 0 ? oldest : revision));
      }
      if (random.nextInt(32) == 0) {
        HashResult expected = new HashResult(model.hashKv(revision), compacted, revision);
        assertThat(txn.hashKv(revision)).isEqualTo(expected);
      }
    }
    checkPins();
  }

  private void checkRange(ReadTxn txn, long revision) {
    RangeQuery query = script.query(random);
    RangeResult expected = model.read(query, revision == 0 ? model.head() : revision);
    RangeResult actual = txn.range(query, revision);
    if (!actual.equals(expected)) {
      assertThat(actual)
          .as("%s at %d of [%d, %d]", query, revision, model.compacted(), model.head())
          .isEqualTo(expected);
    }
  }

  private void checkRefusals(ReadTxn txn, long compacted) {
    RangeQuery query = RangeQuery.all(KeyRange.all());
    assertThat(answerOf(txn, query, model.head() + 1)).isEqualTo(RevisionRefused.Kind.FUTURE);
    if (compacted > 1) {
      assertThat(answerOf(txn, query, compacted - 1)).isEqualTo(RevisionRefused.Kind.COMPACTED);
      try {
        txn.history(compacted - 1, 10, 1000);
        throw new AssertionError("history below the compacted revision");
      } catch (RevisionRefused refused) {
        assertThat(refused.kind()).isEqualTo(RevisionRefused.Kind.COMPACTED);
      }
    }
  }

  private static Object answerOf(ReadTxn txn, RangeQuery query, long revision) {
    try {
      return txn.range(query, revision);
    } catch (RevisionRefused refused) {
      return refused.kind();
    }
  }

  private void checkCursor(ReadTxn txn, long revision) {
    RangeQuery query = RangeQuery.all(script.range(random)).withLimit(random.nextInt(0, 12));
    RangeResult expected = model.read(query, revision);
    RangeCursor cursor = txn.cursor(query, revision);
    List<KeyValue> kvs = new ArrayList<>();
    while (!cursor.isExhausted()) {
      kvs.addAll(cursor.next(random.nextInt(1, 5), random.nextInt(1, 40)));
    }
    assertThat(new RangeResult(kvs, cursor.more(), cursor.count())).isEqualTo(expected);
  }

  private void checkHistory(ReadTxn txn, long from) {
    List<ChangeSet> expected = model.eventsFrom(from);
    List<ChangeSet> actual = new ArrayList<>();
    long next = from;
    while (next <= txn.head()) {
      HistorySlice slice = txn.history(next, random.nextInt(1, 40), random.nextInt(1, 5000));
      assertThat(slice.nextRevision()).isGreaterThan(next);
      actual.addAll(slice.changes());
      next = slice.nextRevision();
    }
    if (!actual.equals(expected)) {
      assertThat(actual).as("history from %d", from).isEqualTo(expected);
    }
  }

  /// Case 19: a pin older than a compaction still answers for its own head, and refuses older
  /// explicit revisions instead of answering wrongly.
  private void checkPins() {
    for (HeldPin pin : pins) {
      RangeQuery query = script.query(random);
      assertThat(pin.txn().range(query, 0)).isEqualTo(NaiveStore.answer(pin.state(), query));
      long revision = Math.max(1, pin.txn().head() - random.nextInt(6));
      Object expected =
          revision < model.compacted()
              ? RevisionRefused.Kind.COMPACTED
              : model.read(query, revision);
      assertThat(answerOf(pin.txn(), query, revision)).isEqualTo(expected);
      checkOvertaken(pin, query);
    }
  }

  /// Cases 20, 21: reads that had passed their check before a compaction and the drop of files
  /// overtook them answer rightly or are refused, but never wrongly.
  private void checkOvertaken(HeldPin pin, RangeQuery query) {
    long revision = pin.pastRevision();
    PastKeys keys = pin.txn().pin().pastKeys(Revision.endOf(revision), Caching.KEPT);
    try {
      RangeResult result = pin.txn().guarded(revision, () -> RangeReader.read(keys, query));
      assertThat(result).isEqualTo(NaiveStore.answer(pin.pastState(), query));
    } catch (RevisionRefused refused) {
      assertThat(revision).isLessThan(model.compacted());
    }
    HistoryReader reader = new HistoryReader(pin.txn().pin().view(), pin.txn().head());
    try {
      HistorySlice slice =
          pin.txn().guarded(revision, () -> reader.slice(revision, 1 << 20, 1 << 20));
      assertThat(slice.changes()).isEqualTo(pin.pastEvents());
    } catch (RevisionRefused refused) {
      assertThat(revision).isLessThan(model.compacted());
    }
  }

  /// Counters against what they count, the state after a last restart, and the bytes of a member
  /// that nothing ever happened to.
  private void checkEverything() {
    dropPins();
    member.restart();
    checkCounters();
    checkTwin();
    for (long revision = Math.max(1, model.compacted()); revision <= model.head(); revision++) {
      try (ReadTxn txn = member.store().read()) {
        RangeQuery query = RangeQuery.all(KeyRange.all());
        assertThat(txn.range(query, revision)).isEqualTo(model.read(query, revision));
      }
    }
  }

  private void checkTwin() {
    StoreOptions options = TestStore.SMALL.withBlockTarget(BLOCK_TARGET);
    try (ModelMember twin = new ModelMember(twinDirectory, options, script)) {
      long last = member.store().appliedIndex();
      while (twin.store().appliedIndex() < last) {
        twin.applyThrough(Math.min(last, twin.store().appliedIndex() + TWIN_BATCH_ENTRIES));
      }
      assertThat(Rows.agreed(member.store())).isEqualTo(Rows.agreed(twin.store()));
    }
  }

  private void checkCounters() {
    assertThat(member.store().head()).isEqualTo(model.head());
    assertThat(member.store().compactedRevision()).isEqualTo(model.compacted());
    assertThat(member.store().size().logicalBytes()).isEqualTo(model.logicalBytes(LEASES));
    try (ReadTxn txn = member.store().read()) {
      StateRecord state = txn.pin().state();
      assertThat(state.liveKeys()).isEqualTo(model.liveKeys());
      assertThat(txn.count(KeyRange.all(), 0)).isEqualTo(model.liveKeys());
      long sum = 0;
      try (LiveRows rows = txn.pin().headKeys(Caching.KEPT).rows(KeyRange.all())) {
        while (rows.next()) {
          sum += new RecordHash().of(rows.key(), rows.record());
        }
      }
      assertThat(state.liveHashSum()).isEqualTo(sum);
    }
  }

  @Override
  public void close() {
    dropPins();
    member.close();
  }
}
