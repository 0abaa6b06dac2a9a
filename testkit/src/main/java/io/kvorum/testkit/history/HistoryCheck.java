package io.kvorum.testkit.history;

import io.kvorum.testkit.history.Outcome.Done;
import io.kvorum.testkit.history.Request.CompareAndPut;
import io.kvorum.testkit.history.Request.Delete;
import io.kvorum.testkit.history.Request.PastRange;
import io.kvorum.testkit.history.Request.Put;
import io.kvorum.testkit.history.Request.PutAll;
import io.kvorum.testkit.history.Request.Range;
import io.kvorum.testkit.history.Request.Write;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// Whether a recorded history is linearizable, with the revisions for its order.
///
/// A response names the revision it was given at, and each revision is one change: so nothing has
/// to be searched for, every operation is held against the state at its revision, and the revisions
/// against the clock. Works in the time it takes to sort the operations.
public final class HistoryCheck {
  private final Committed committed;
  private final List<String> violations = new ArrayList<>();

  /// For each revision the operation that made it.
  private final NavigableMap<Long, Operation> makers = new TreeMap<>();

  private final Map<String, LeaseRecord> leaseOfKey = new HashMap<>();

  private HistoryCheck(Committed committed, List<LeaseRecord> leases) {
    this.committed = committed;
    leases.forEach(lease -> lease.keys.forEach(key -> leaseOfKey.put(key, lease)));
  }

  /// Everything that no correct cluster could have answered; empty if nothing is wrong.
  public static List<String> violations(List<Operation> history, Committed committed) {
    return violations(history, committed, List.of());
  }

  /// Like [#violations(List, Committed)] where the ends of leases change something too; whether
  /// they had to is for [LeaseCheck].
  public static List<String> violations(
      List<Operation> history, Committed committed, List<LeaseRecord> leases) {
    HistoryCheck check = new HistoryCheck(committed, leases);
    check.requireNoGaps();
    check.requireOneMakerEach(history);
    check.requireClock(history);
    check.requireAnswers(history);
    return check.violations;
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one dependency more
  private void fail(String text, Object... details) {
    violations.add(text.formatted(details));
  }

  private void requireNoGaps() {
    long expected = committed.revisions().isEmpty() ? 0 : committed.revisions().firstKey();
    for (var revision : committed.revisions().entrySet()) {
      if (revision.getKey() != expected || revision.getValue().isEmpty()) {
        fail("revision %d is missing or changes nothing", expected);
      }
      expected = revision.getKey() + 1;
    }
  }

  /// An acknowledged write is there once, a refused one is not, one of unknown outcome is there at
  /// most once, and nothing else is there.
  private void requireOneMakerEach(List<Operation> history) {
    Map<String, List<Long>> revisionsOfValue = new HashMap<>();
    committed
        .revisions()
        .forEach(
            (revision, changes) ->
                changes.forEach(
                    change ->
                        change
                            .value()
                            .ifPresent(
                                value ->
                                    revisionsOfValue
                                        .computeIfAbsent(value, _ -> new ArrayList<>())
                                        .add(revision))));
    for (Operation operation : history) {
      Optional<String> value = valueOf(operation.request());
      if (value.isPresent()) {
        List<Long> found = revisionsOfValue.getOrDefault(value.get(), List.of());
        requireTimes(operation, found);
      } else if (isAcknowledgedChange(operation)) {
        made(operation, revisionOf(operation));
      }
    }
    explainDeletions(history);
  }

  private void requireTimes(Operation operation, List<Long> found) {
    switch (operation.outcome()) {
      case Done(var revision, var succeeded, _) -> {
        List<Long> expected = succeeded ? List.of(revision) : List.of();
        if (!found.equals(expected)) {
          fail("lost or made twice: %s is in revisions %s", operation, found);
        }
      }
      case Outcome.Refused() -> {
        if (!found.isEmpty()) {
          fail("not refused: %s was refused, and is in revisions %s", operation, found);
        }
      }
      case Outcome.Unknown() -> {
        if (found.size() > 1) {
          fail("lost or made twice: %s is in revisions %s", operation, found);
        }
      }
    }
    found.stream().limit(1).forEach(revision -> made(operation, revision));
  }

  private void made(Operation operation, long revision) {
    Operation other = makers.put(revision, operation);
    if (other != null && !other.equals(operation)) {
      fail("revision %d is both of %s and of %s", revision, other, operation);
    }
    List<Change> expected = ((Write) operation.request()).changes();
    if (!committed.at(revision).equals(expected)) {
      fail(
          "lost or different: %s is not what revision %d did: %s",
          operation, revision, committed.at(revision));
    }
  }

  /// Deletions have no value to tell them by: one of unknown outcome may have made any deletion of
  /// its key that nobody else made. The earliest of both go together: if any match fits the clock,
  /// that one does.
  private void explainDeletions(List<Operation> history) {
    Map<String, List<Operation>> open = new HashMap<>();
    history.stream()
        .filter(operation -> operation.outcome() instanceof Outcome.Unknown)
        .sorted(Comparator.comparingLong(Operation::invokedNanos))
        .forEach(
            operation -> {
              if (operation.request() instanceof Delete(var key)) {
                open.computeIfAbsent(key, _ -> new ArrayList<>()).add(operation);
              }
            });
    committed
        .revisions()
        .forEach(
            (revision, changes) -> {
              if (!makers.containsKey(revision) && !isEndOfLease(changes)) {
                Change first = changes.getFirst();
                List<Operation> candidates = open.getOrDefault(first.key(), List.of());
                if (first.value().isEmpty() && !candidates.isEmpty()) {
                  made(candidates.removeFirst(), revision);
                } else {
                  fail("nobody asked for revision %d: %s", revision, changes);
                }
              }
            });
  }

  /// Whether these are deletions of keys of one lease.
  private boolean isEndOfLease(List<Change> changes) {
    LeaseRecord lease = leaseOfKey.get(changes.getFirst().key());
    return lease != null
        && changes.stream()
            .allMatch(change -> change.value().isEmpty() && leaseOfKey.get(change.key()) == lease);
  }

  /// What returned before something else began comes before it in the order of revisions.
  private void requireClock(List<Operation> history) {
    List<Operation> done =
        history.stream().filter(operation -> operation.outcome() instanceof Done).toList();
    requireNothingOfTheFuture(done);
    List<Operation> byReturn =
        done.stream()
            .filter(HistoryCheck::isLinearizable)
            .sorted(Comparator.comparingLong(Operation::returnedNanos))
            .toList();
    List<Operation> byInvocation =
        byReturn.stream().sorted(Comparator.comparingLong(Operation::invokedNanos)).toList();
    int returned = 0;
    Optional<Operation> newest = Optional.empty();
    for (Operation operation : byInvocation) {
      while (byReturn.get(returned).returnedNanos() < operation.invokedNanos()) {
        Operation before = byReturn.get(returned++);
        if (newest.isEmpty() || revisionOf(before) > revisionOf(newest.get())) {
          newest = Optional.of(before);
        }
      }
      long floor = newest.map(HistoryCheck::revisionOf).orElse(0L);
      long atLeast = isAcknowledgedChange(operation) ? floor + 1 : floor;
      if (revisionOf(operation) < atLeast) {
        fail(
            "stale: %s is of the past: before it began, %s had returned",
            operation, newest.orElseThrow());
      }
    }
  }

  private void requireNothingOfTheFuture(List<Operation> done) {
    NavigableMap<Long, Long> latestInvocation = new TreeMap<>();
    long latest = Long.MIN_VALUE;
    for (var made : makers.entrySet()) {
      latest = Math.max(latest, made.getValue().invokedNanos());
      latestInvocation.put(made.getKey(), latest);
    }
    for (Operation operation : done) {
      var seen = latestInvocation.floorEntry(revisionOf(operation));
      if (seen != null && seen.getValue() > operation.returnedNanos()) {
        fail("of the future: %s shows a write that began after it had returned", operation);
      }
    }
  }

  /// Every answer is that of the state at its revision, and every change one that the state before
  /// it allowed, whether its client heard of it or not.
  private void requireAnswers(List<Operation> history) {
    Committed.Replay replay = committed.new Replay();
    history.stream()
        .filter(operation -> operation.outcome() instanceof Done)
        .sorted(Comparator.comparingLong(HistoryCheck::stateRevision))
        .forEach(operation -> requireAnswer(operation, replay.to(stateRevision(operation))));
    Committed.Replay before = committed.new Replay();
    makers.forEach(
        (revision, operation) -> {
          if (operation.outcome() instanceof Outcome.Unknown) {
            Done done = Done.write(revision);
            requireAnswer(operation.with(done), before.to(revision - 1));
          }
        });
  }

  private void requireAnswer(Operation operation, NavigableMap<String, Pair> state) {
    Done done = (Done) operation.outcome();
    switch (operation.request()) {
      case Put _, PutAll _ -> {}
      case Delete(var key) -> {
        if (state.containsKey(key) != done.succeeded()) {
          fail("wrong decision: %s found %s", operation, Optional.ofNullable(state.get(key)));
        }
      }
      case CompareAndPut(var key, var expected, _) -> {
        Pair pair = state.get(key);
        boolean holds = expected == (pair == null ? 0 : pair.modRevision());
        if (holds != done.succeeded()) {
          fail("wrong decision: %s compared with %s", operation, Optional.ofNullable(pair));
        }
      }
      case Range(var from, var to, _) ->
          requireState(operation, state.subMap(from, true, to, false));
      case PastRange(var from, var to, _) ->
          requireState(operation, state.subMap(from, true, to, false));
    }
  }

  private void requireState(Operation operation, NavigableMap<String, Pair> state) {
    List<Pair> expected = List.copyOf(state.values());
    if (!expected.equals(((Done) operation.outcome()).pairs())) {
      fail("wrong state: %s should show %s", operation, expected);
    }
  }

  /// The revision whose state decides the answer: a change is decided by what was there before it.
  private static long stateRevision(Operation operation) {
    if (operation.request() instanceof PastRange(_, _, var revision)) {
      return revision;
    }
    return isAcknowledgedChange(operation) ? revisionOf(operation) - 1 : revisionOf(operation);
  }

  private static long revisionOf(Operation operation) {
    return operation.outcome() instanceof Done done ? done.revision() : 0;
  }

  private static boolean isAcknowledgedChange(Operation operation) {
    return operation.request() instanceof Write
        && operation.outcome() instanceof Done(_, var succeeded, _)
        && succeeded;
  }

  private static boolean isLinearizable(Operation operation) {
    return !(operation.request() instanceof Range(_, _, var isSerializable) && isSerializable);
  }

  private static Optional<String> valueOf(Request request) {
    return switch (request) {
      case Put(_, var value) -> Optional.of(value);
      case CompareAndPut(_, _, var value) -> Optional.of(value);
      case PutAll(var changes) -> changes.getFirst().value();
      case Delete _, Range _, PastRange _ -> Optional.empty();
    };
  }
}
