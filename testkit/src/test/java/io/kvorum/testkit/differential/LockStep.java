package io.kvorum.testkit.differential;

import io.grpc.Status;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.WatchCreateRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/// Two servers in lock step: each command goes to both, and whatever they answer, and whatever
/// their watchers receive, must be alike. Everything here throws at the first difference.
final class LockStep {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
  private static final int TAIL_LINES = 24;

  private final Peer reference;
  private final Peer subject;
  private final String origin;
  private final Deque<String> tail = new ArrayDeque<>();
  private final Tally tally = new Tally();
  private int requests;
  private boolean lateWatchers;

  /// Steps through a script; a failure report names its origin, with which it can be repeated.
  LockStep(ServerPair servers, String origin) {
    this.reference = servers.reference();
    this.subject = servers.subject();
    this.origin = origin;
  }

  /// How many requests each server was sent.
  int requests() {
    return requests;
  }

  Tally tally() {
    return tally;
  }

  /// Sends a command as the table of expected differences says. Returns the reference's answer, if
  /// it was asked.
  Optional<Answer> exchange(Command command) throws InterruptedException {
    Optional<ExpectedDifferences.Row> row = ExpectedDifferences.find(command);
    if (row.isEmpty()) {
      return Optional.of(askBoth(command, UnaryOperator.identity()));
    }
    return switch (row.get().handling()) {
      case ExpectedDifferences.Reduced(var reduction) -> Optional.of(askBoth(command, reduction));
      case ExpectedDifferences.NewerOnly newerOnly -> {
        if (subject.dialect() == Peer.Dialect.BASELINE_3_8) {
          askNewer(command, newerOnly);
        }
        yield Optional.empty();
      }
    };
  }

  private Answer askBoth(Command command, UnaryOperator<Answer> reduction)
      throws InterruptedException {
    remember(command.line());
    requests++;
    lateWatchers |=
        command instanceof Command.WatchCreate create && create.request().getStartRevision() > 0;
    CompletableFuture<Answer> left = reference.send(command);
    CompletableFuture<Answer> right = subject.send(command);
    Answer expected = reduction.apply(await(left));
    Answer actual = reduction.apply(await(right));
    remember("  " + expected.line());
    Optional<String> difference = Comparison.ofAnswers(command, expected, actual);
    if (difference.isPresent()) {
      throw failure("the answers differ", difference.get());
    }
    tally.count(command, expected);
    return expected;
  }

  private void askNewer(Command command, ExpectedDifferences.NewerOnly newerOnly)
      throws InterruptedException {
    remember(command.line() + "   (only to " + subject.name() + ")");
    requests++;
    Answer answer = await(subject.send(command));
    if (!newerOnly.isExpected().test(answer)) {
      throw failure(
          "not the answer of the baseline",
          "expected " + newerOnly.expectation() + ", got " + answer.line());
    }
  }

  private static Answer await(CompletableFuture<Answer> answer) throws InterruptedException {
    try {
      return answer.get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      return Answer.failed(e);
    } catch (TimeoutException e) {
      return new Answer.Failed(Status.Code.DEADLINE_EXCEEDED, "no answer within " + ANSWER_LIMIT);
    }
  }

  /// Writes a marker, waits for all events up to it, and compares them.
  void settle() throws InterruptedException {
    PutRequest marker = PutRequest.newBuilder().setKey(Keys.MARKER).build();
    Answer answer = askBoth(new Command.Put(marker), UnaryOperator.identity());
    if (!(answer instanceof Answer.Replied(PutResponse put))) {
      throw failure("the marker was refused", answer.line());
    }
    long revision = put.getHeader().getRevision();
    if (lateWatchers) {
      lateWatchers = false;
      probe(revision);
    }
    settleAt(revision);
  }

  /// Makes sure that watchers from the past have begun, also those for which there are no events:
  /// etcd takes them up every 100 ms, all together, and a compaction before that ends them. A
  /// watcher for the marker just written is taken up with or after them.
  private void probe(long markerRevision) throws InterruptedException {
    WatchCreateRequest marker =
        WatchCreateRequest.newBuilder()
            .setKey(Keys.MARKER)
            .setStartRevision(markerRevision)
            .build();
    for (Peer peer : List.of(reference, subject)) {
      var _ = peer.send(new Command.WatchReopen(WatchLog.PROBE_SLOT));
      Answer _ = await(peer.send(new Command.WatchCreate(WatchLog.PROBE_SLOT, marker, -1)));
    }
  }

  /// Waits until both stores reached a revision and all events up to it arrived; compares them.
  void settleAt(long revision) throws InterruptedException {
    for (Peer peer : List.of(reference, subject)) {
      Optional<String> missing = peer.watches().settle(revision);
      if (missing.isPresent()) {
        throw failure("events of " + peer.name(), missing.get());
      }
      List<String> breaches = peer.watches().breaches();
      if (!breaches.isEmpty()) {
        throw failure("watch rules broken by " + peer.name(), String.join("\n", breaches));
      }
    }
    Optional<String> difference =
        Comparison.ofEvents(reference.watches().takeNewEvents(), subject.watches().takeNewEvents());
    if (difference.isPresent()) {
      throw failure("the events differ", difference.get());
    }
    var expected = reference.watches().endings();
    var actual = subject.watches().endings();
    if (!expected.equals(actual)) {
      throw failure("compacted watchers end differently", expected + "\n  !=  " + actual);
    }
  }

  private void remember(String line) {
    tail.addLast(line);
    if (tail.size() > TAIL_LINES) {
      tail.removeFirst();
    }
  }

  private AssertionError failure(String what, String details) {
    List<String> lines = new ArrayList<>();
    lines.add(what + " (" + reference.name() + ", " + subject.name() + "):");
    lines.add(details);
    lines.add("after " + requests + " requests of " + origin + "; the last ones were");
    lines.addAll(tail);
    return new AssertionError(String.join("\n", lines));
  }
}
