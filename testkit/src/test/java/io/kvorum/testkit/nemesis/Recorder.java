package io.kvorum.testkit.nemesis;

import io.kvorum.client.ClientException;
import io.kvorum.testkit.history.Operation;
import io.kvorum.testkit.history.Outcome;
import io.kvorum.testkit.history.Outcome.Done;
import io.kvorum.testkit.history.Request;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;

/// What all clients of a run asked for and what came of it, as far as they know. Any thread.
final class Recorder {
  private final Queue<Operation> operations = new ConcurrentLinkedQueue<>();
  private final Queue<Long> writesNanos = new ConcurrentLinkedQueue<>();
  private final LongAdder writes = new LongAdder();
  private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();

  /// Makes a call that is part of the history, and returns its answer if there is one.
  ///
  /// @param done what the answer says
  <A> Optional<A> call(
      String client, Request request, Supplier<CompletableFuture<A>> call, Function<A, Done> done) {
    long invokedNanos = System.nanoTime();
    try {
      A answer = call.get().join();
      long returnedNanos = System.nanoTime();
      Done outcome = done.apply(answer);
      add(new Operation(client, invokedNanos, returnedNanos, request, outcome));
      if (request instanceof Request.Write && outcome.succeeded()) {
        writesNanos.add(returnedNanos);
        writes.increment();
      }
      count(kind(request), "done");
      return Optional.of(answer);
    } catch (CompletionException e) {
      ClientException.Outcome outcome = outcomeOf(e);
      add(new Operation(client, invokedNanos, System.nanoTime(), request, recorded(outcome)));
      count(kind(request), name(outcome));
      return Optional.empty();
    }
  }

  /// Makes a call that changes no key by itself.
  <A> Optional<A> callAside(String kind, Supplier<CompletableFuture<A>> call) {
    try {
      A answer = call.get().join();
      count(kind, "done");
      return Optional.of(answer);
    } catch (CompletionException e) {
      count(kind, name(outcomeOf(e)));
      return Optional.empty();
    }
  }

  void count(String kind, String outcome) {
    counts.computeIfAbsent(kind + " " + outcome, _ -> new LongAdder()).increment();
  }

  private void add(Operation operation) {
    operations.add(operation);
  }

  private static ClientException.Outcome outcomeOf(CompletionException failure) {
    if (failure.getCause() instanceof ClientException known) {
      return known.outcome();
    }
    throw failure;
  }

  /// Of a write that took effect without an answer the revision is not known, so more is not
  /// claimed.
  private static Outcome recorded(ClientException.Outcome outcome) {
    return switch (outcome) {
      case NOT_DONE -> new Outcome.Refused();
      case DONE, UNKNOWN -> new Outcome.Unknown();
    };
  }

  private static String name(ClientException.Outcome outcome) {
    return switch (outcome) {
      case NOT_DONE -> "not done";
      case DONE -> "done, no answer";
      case UNKNOWN -> "unknown";
    };
  }

  private static String kind(Request request) {
    return switch (request) {
      case Request.Put _ -> "put";
      case Request.PutAll _ -> "txn";
      case Request.CompareAndPut _ -> "cas";
      case Request.Delete _ -> "delete";
      case Request.PastRange _ -> "past range";
      case Request.Range range -> range.isSerializable() ? "serializable range" : "range";
    };
  }

  List<Operation> operations() {
    return List.copyOf(operations);
  }

  /// How many writes were acknowledged so far.
  long writes() {
    return writes.sum();
  }

  /// When writes were acknowledged, in order.
  List<Long> writesNanos() {
    return writesNanos.stream().sorted().toList();
  }

  /// How many calls of a kind came to an outcome, as `kind outcome`.
  Map<String, Long> counts() {
    Map<String, Long> numbers = new TreeMap<>();
    counts.forEach((name, count) -> numbers.put(name, count.sum()));
    return numbers;
  }
}
