package io.kvorum.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.testkit.history.Request.CompareAndPut;
import io.kvorum.testkit.history.Request.Delete;
import io.kvorum.testkit.history.Request.PastRange;
import io.kvorum.testkit.history.Request.Put;
import io.kvorum.testkit.history.Request.PutAll;
import io.kvorum.testkit.history.Request.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Good histories pass, and every kind of bad one is noticed.
class HistoryCheckTest {
  private static final Outcome REFUSED = new Outcome.Refused();
  private static final Outcome UNKNOWN = new Outcome.Unknown();

  private final List<Operation> history = new ArrayList<>();
  private final Committed committed = new Committed();

  @Test
  void randomHistoriesOfACorrectStore_haveNoViolations() {
    for (int seed = 0; seed < 200; seed++) {
      CorrectStore store = new CorrectStore(new SplittableRandom(seed));

      store.run(300);

      assertThat(HistoryCheck.violations(store.history, store.committed))
          .as("seed %d", seed)
          .isEmpty();
    }
  }

  @Test
  void readShowsLessThanAWriteThatReturnedBefore_isStale() {
    write(0, 1, new Put("a", "1"), 2);
    write(2, 3, new Put("a", "2"), 3);
    read(4, 5, 2, pair("a", "1", 2, 2, 1));

    assertFound("is of the past");
  }

  @Test
  void serializableReadOfThePast_isFine() {
    write(0, 1, new Put("a", "1"), 2);
    write(2, 3, new Put("a", "2"), 3);
    Outcome old = new Outcome.Done(2, false, List.of(pair("a", "1", 2, 2, 1)));
    history.add(new Operation("r", 4, 5, new Range("a", "b", true), old));

    assertThat(HistoryCheck.violations(history, committed)).isEmpty();
  }

  @Test
  void readShowsOtherThanTheStateAtItsRevision_isNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    read(2, 3, 2);

    assertFound("should show");
  }

  @Test
  void readShowsAWriteThatBeganLater_isNoticed() {
    committed.add(2, List.of(Change.put("a", "1")));
    read(0, 1, 2, pair("a", "1", 2, 2, 1));
    history.add(new Operation("w", 5, 6, new Put("a", "1"), Outcome.Done.write(2)));

    assertFound("began after it had returned");
  }

  @Test
  void acknowledgedWrite_isNowhere_isLost() {
    history.add(new Operation("w", 0, 1, new Put("a", "1"), Outcome.Done.write(2)));

    assertFound("is in revisions []");
  }

  @Test
  void acknowledgedDeletion_isNowhere_isLost() {
    write(0, 1, new Put("a", "1"), 2);
    history.add(new Operation("w", 2, 3, new Delete("a"), Outcome.Done.write(3)));
    committed.add(3, List.of(Change.put("b", "2")));
    history.add(new Operation("w", 2, 3, new Put("b", "2"), UNKNOWN));

    assertFound("is both of");
  }

  @Test
  void writeAppliedTwice_isNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    committed.add(3, List.of(Change.put("a", "1")));

    assertFound("is in revisions [2, 3]");
  }

  @Test
  void refusedWrite_isThereAllTheSame() {
    committed.add(2, List.of(Change.put("a", "1")));
    history.add(new Operation("w", 0, 1, new Put("a", "1"), REFUSED));

    assertFound("was refused");
  }

  @Test
  void unknownWrite_mayBeThereOrNot_butOnce() {
    history.add(new Operation("w", 0, 1, new Put("a", "1"), UNKNOWN));
    history.add(new Operation("w", 0, 1, new Put("a", "2"), UNKNOWN));
    committed.add(2, List.of(Change.put("a", "1")));
    assertThat(HistoryCheck.violations(history, committed)).isEmpty();

    committed.add(3, List.of(Change.put("a", "1")));

    assertFound("is in revisions [2, 3]");
  }

  @Test
  void twoWritesOneAfterTheOther_inTheWrongOrder_isNoticed() {
    write(0, 1, new Put("a", "1"), 3);
    write(2, 3, new Put("a", "2"), 2);

    assertFound("is of the past");
  }

  @Test
  void twoWritesClaimOneRevision_isNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    committed.add(2, List.of(Change.put("a", "1"), Change.put("b", "2")));
    history.add(new Operation("w", 0, 1, new Put("b", "2"), Outcome.Done.write(2)));

    assertFound("is both of");
  }

  @Test
  void comparisonThatHeldAndMustNot_isNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    write(2, 3, new CompareAndPut("a", 0, "2"), 3);

    assertFound("compared with");
  }

  @Test
  void comparisonThatFailedAndMustHold_isNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    Operation refused =
        new Operation("w", 2, 3, new CompareAndPut("a", 2, "2"), Outcome.Done.unchanged(2));
    history.add(refused);

    assertFound("compared with");
  }

  @Test
  void changeThatNobodyAskedFor_isNoticed() {
    committed.add(2, List.of(Change.put("a", "from nowhere")));

    assertFound("nobody asked for");
  }

  @Test
  void changeThatNobodyAskedFor_besideOneThatSomebodyDid_isNoticed() {
    committed.add(2, List.of(Change.put("a", "1"), Change.put("b", "from nowhere")));
    history.add(new Operation("w", 0, 1, new Put("a", "1"), Outcome.Done.write(2)));

    assertFound("is not what revision 2 did");
  }

  @Test
  void deletionThatPuts_isNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    history.add(new Operation("w", 2, 3, new Delete("a"), Outcome.Done.write(3)));
    committed.add(3, List.of(Change.put("a", "from nowhere")));

    assertFound("is not what revision 3 did");
  }

  @Test
  void comparisonOfUnknownOutcome_thatTookEffectAndMustNot_isNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    history.add(new Operation("w", 2, 3, new CompareAndPut("a", 0, "2"), UNKNOWN));
    committed.add(3, List.of(Change.put("a", "2")));

    assertFound("compared with");
  }

  @Test
  void deletionsOfUnknownOutcome_inWhateverOrderTheyAreListed_areMatchedByTheClock() {
    write(0, 1, new Put("a", "1"), 2);
    history.add(new Operation("late", 100, 101, new Delete("a"), UNKNOWN));
    history.add(new Operation("early", 2, 3, new Delete("a"), UNKNOWN));
    committed.add(3, List.of(Change.delete("a")));
    read(50, 51, 3);

    assertThat(HistoryCheck.violations(history, committed)).isEmpty();
  }

  @Test
  void serializableReadOfTheFuture_isNoticed() {
    committed.add(2, List.of(Change.put("a", "1")));
    Outcome shown = new Outcome.Done(2, false, List.of(pair("a", "1", 2, 2, 1)));
    history.add(new Operation("r", 0, 1, new Range("a", "b", true), shown));
    history.add(new Operation("w", 5, 6, new Put("a", "1"), Outcome.Done.write(2)));

    assertFound("began after it had returned");
  }

  @Test
  void revisionLeftOut_isNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    write(2, 3, new Put("a", "2"), 4);

    assertFound("is missing");
  }

  @Test
  void deletionThatFoundWhatWasNotThere_isNoticed() {
    write(0, 1, new Put("b", "1"), 2);
    write(2, 3, new Delete("a"), 3);

    assertFound("found Optional.empty");
  }

  @Test
  void putsOfOneTransaction_inTwoRevisions_areNoticed() {
    PutAll both = new PutAll(List.of(Change.put("a", "1"), Change.put("b", "2")));
    history.add(new Operation("w", 0, 1, both, Outcome.Done.write(2)));
    committed.add(2, List.of(Change.put("a", "1"))).add(3, List.of(Change.put("b", "2")));

    assertFound("is not what revision 2 did");
    assertFound("nobody asked for revision 3");
  }

  @Test
  void endOfLease_isAskedForByNobody_butNotOfTwoLeases() {
    LeaseRecord one = new LeaseRecord(7, 10, List.of("a", "b"));
    LeaseRecord other = new LeaseRecord(8, 10, List.of("c"));
    write(0, 1, new Put("a", "1"), 2);
    write(2, 3, new Put("b", "2"), 3);
    write(4, 5, new Put("c", "3"), 4);
    committed.add(5, List.of(Change.delete("a"), Change.delete("b")));
    assertThat(HistoryCheck.violations(history, committed, List.of(one, other))).isEmpty();
    committed.add(5, List.of(Change.delete("a"), Change.delete("c")));
    assertThat(HistoryCheck.violations(history, committed, List.of(one, other)))
        .singleElement()
        .asString()
        .contains("nobody asked for revision 5");
  }

  @Test
  void readOfThePast_showsTheStateThen_orIsNoticed() {
    write(0, 1, new Put("a", "1"), 2);
    write(2, 3, new Put("a", "2"), 3);
    Request past = new PastRange("a", "b", 2);
    List<Pair> then = List.of(pair("a", "1", 2, 2, 1));
    history.add(new Operation("r", 4, 5, past, new Outcome.Done(3, false, then)));
    assertThat(HistoryCheck.violations(history, committed)).isEmpty();
    List<Pair> now = List.of(pair("a", "2", 2, 3, 2));
    history.add(new Operation("r", 6, 7, past, new Outcome.Done(3, false, now)));
    assertThat(HistoryCheck.violations(history, committed))
        .singleElement()
        .asString()
        .startsWith("wrong state");
  }

  private void write(long invoked, long returned, Request.Write request, long revision) {
    history.add(new Operation("w", invoked, returned, request, Outcome.Done.write(revision)));
    committed.add(revision, request.changes());
  }

  private void read(long invoked, long returned, long revision, Pair... pairs) {
    Outcome shown = new Outcome.Done(revision, false, List.of(pairs));
    history.add(new Operation("r", invoked, returned, new Range("a", "b", false), shown));
  }

  private static Pair pair(String key, String value, long created, long modified, long version) {
    return new Pair(key, value, created, modified, version);
  }

  private void assertFound(String text) {
    assertThat(HistoryCheck.violations(history, committed))
        .anySatisfy(violation -> assertThat(violation).contains(text));
  }

  /// Executes each request at one instant between its invocation and its return, as a linearizable
  /// store does, with many under way at a time.
  private static final class CorrectStore {
    final List<Operation> history = new ArrayList<>();
    final Committed committed = new Committed();
    private final SplittableRandom random;
    private final NavigableMap<String, Pair> keys = new TreeMap<>();
    private long revision = 1;

    CorrectStore(SplittableRandom random) {
      this.random = random;
    }

    void run(int operations) {
      for (int i = 0; i < operations; i++) {
        long instant = 100L * i + 50;
        long invoked = instant - random.nextInt(1, 800);
        long returned = instant + random.nextInt(1, 800);
        Request request = draw(i);
        Outcome outcome = random.nextInt(10) == 0 ? refuse() : execute(request);
        history.add(new Operation("c", invoked, returned, request, outcome));
      }
    }

    private static Outcome refuse() {
      return REFUSED;
    }

    private Request draw(int number) {
      String key = "k" + random.nextInt(4);
      return switch (random.nextInt(6)) {
        case 0 -> new Put(key, "v" + number);
        case 2 ->
            new PutAll(List.of(Change.put("k1", "v" + number), Change.put("k3", "w" + number)));
        case 1 -> new Delete(key);
        case 3 -> {
          Pair pair = keys.get(key);
          long known = pair == null ? 0 : pair.modRevision();
          yield new CompareAndPut(key, known + random.nextInt(2), "v" + number);
        }
        default -> new Range("k1", "k3", false);
      };
    }

    private Outcome execute(Request request) {
      boolean isUnheard = request instanceof Request.Write && random.nextInt(10) == 0;
      Outcome outcome =
          switch (request) {
            case Put put -> putAll(put.changes());
            case PutAll(var changes) -> putAll(changes);
            case CompareAndPut put -> {
              Pair pair = keys.get(put.key());
              yield put.expectedModRevision() == (pair == null ? 0 : pair.modRevision())
                  ? putAll(put.changes())
                  : Outcome.Done.unchanged(revision);
            }
            case Delete(var key) -> {
              if (keys.remove(key) == null) {
                yield Outcome.Done.unchanged(revision);
              }
              committed.add(++revision, List.of(Change.delete(key)));
              yield Outcome.Done.write(revision);
            }
            case PastRange _ -> throw new AssertionError("not drawn");
            case Range(var from, var to, _) ->
                new Outcome.Done(revision, false, List.copyOf(keys.subMap(from, to).values()));
          };
      return isUnheard ? UNKNOWN : outcome;
    }

    private Outcome putAll(List<Change> changes) {
      committed.add(++revision, changes);
      for (Change change : changes) {
        String key = change.key();
        Pair before = keys.get(key);
        long created = before == null ? revision : before.createRevision();
        long version = before == null ? 1 : before.version() + 1;
        keys.put(key, new Pair(key, change.value().orElseThrow(), created, revision, version));
      }
      return Outcome.Done.write(revision);
    }
  }
}
