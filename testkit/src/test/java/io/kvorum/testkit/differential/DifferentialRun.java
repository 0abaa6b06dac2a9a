package io.kvorum.testkit.differential;

import io.grpc.Status;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
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

/// One script against two servers, in lock step: each command goes to both, and the next is chosen
/// when both have answered alike.
///
/// Events arrive when they like. From time to time, and before every command that could keep events
/// from being delivered, a marker is written, all events up to it are waited for, and compared.
final class DifferentialRun {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
  private static final int TAIL = 12;
  private static final int COMMANDS_BETWEEN_SETTLEMENTS = 150;

  private final long seed;
  private final Peer reference;
  private final Peer subject;
  private final ScriptGenerator script;
  private final Deque<String> tail = new ArrayDeque<>();
  private final Tally tally = new Tally();
  private int requests;
  private int sinceSettled;

  DifferentialRun(long seed, LeaseScript.Ids leaseIds, Peer reference, Peer subject) {
    this.seed = seed;
    this.reference = reference;
    this.subject = subject;
    this.script = new ScriptGenerator(seed, leaseIds);
  }

  /// Runs until each server was sent this many requests. Throws at the first difference.
  void run(int count) throws InterruptedException {
    while (requests < count) {
      if (sinceSettled >= COMMANDS_BETWEEN_SETTLEMENTS && !script.isInEpisode()) {
        settle();
      }
      step(script.next());
    }
    while (script.isInEpisode()) {
      step(script.next());
    }
    settle();
  }

  int requests() {
    return requests;
  }

  Tally tally() {
    return tally;
  }

  private void step(Command command) throws InterruptedException {
    if (command.endsDelivery()) {
      settle();
    }
    Optional<ExpectedDifferences.Row> row = ExpectedDifferences.find(command);
    switch (row.map(ExpectedDifferences.Row::handling).orElse(null)) {
      case null -> exchange(command, new ExpectedDifferences.Reduced(answer -> answer));
      case ExpectedDifferences.Reduced reduced -> exchange(command, reduced);
      case ExpectedDifferences.NewerOnly newerOnly -> askNewer(command, newerOnly);
    }
  }

  private Answer exchange(Command command, ExpectedDifferences.Reduced reduced)
      throws InterruptedException {
    remember(command.line());
    requests++;
    sinceSettled++;
    CompletableFuture<Answer> left = reference.send(command);
    CompletableFuture<Answer> right = subject.send(command);
    Answer expected = reduced.reduction().apply(await(left));
    Answer actual = reduced.reduction().apply(await(right));
    remember("  " + expected.line());
    Optional<String> difference = Comparison.ofAnswers(command, expected, actual);
    if (difference.isPresent()) {
      throw failure("the answers differ", difference.get());
    }
    tally.count(command, expected);
    script.state().observe(command, expected);
    return expected;
  }

  private void askNewer(Command command, ExpectedDifferences.NewerOnly newerOnly)
      throws InterruptedException {
    if (subject.dialect() == Peer.Dialect.ETCD_3_4) {
      return;
    }
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

  /// Waits for all events so far, and compares them.
  private void settle() throws InterruptedException {
    PutRequest marker = PutRequest.newBuilder().setKey(Keys.MARKER).build();
    Answer answer =
        exchange(new Command.Put(marker), new ExpectedDifferences.Reduced(unchanged -> unchanged));
    sinceSettled = 0;
    if (!(answer instanceof Answer.Replied(PutResponse put))) {
      throw failure("the marker was refused", answer.line());
    }
    for (Peer peer : List.of(reference, subject)) {
      Optional<String> missing = peer.watches().settle(put.getHeader().getRevision());
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
    if (tail.size() > TAIL * 2) {
      tail.removeFirst();
    }
  }

  private AssertionError failure(String what, String details) {
    List<String> lines = new ArrayList<>();
    lines.add(what + " (" + reference.name() + ", " + subject.name() + "):");
    lines.add(details);
    lines.add("seed " + seed + ", after " + requests + " requests; the last ones were");
    lines.addAll(tail);
    lines.add("replay with -Dtest=DifferentialTest -Dkvorum.seed=" + seed);
    return new AssertionError(String.join("\n", lines));
  }
}
