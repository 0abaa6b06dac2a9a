package io.kvorum.server.observe;

import io.kvorum.server.transport.HttpAnswer;
import io.kvorum.server.transport.HttpHandler;
import io.kvorum.server.transport.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/// `/livez` or `/readyz`: a list of named checks, each a path of its own as well (operations.md
/// §2.2).
final class CheckEndpoint implements HttpHandler {
  private final String path;
  private final List<Check> checks;
  private final Listener listener;

  /// One named check. Tells its problem, or nothing.
  record Check(String name, Consumer<Consumer<Optional<String>>> run) {}

  /// Hears the outcome of every single check.
  interface Listener {
    void checked(String name, boolean isHealthy);
  }

  CheckEndpoint(String path, List<Check> checks, Listener listener) {
    this.path = path;
    this.checks = List.copyOf(checks);
    this.listener = listener;
  }

  static CheckEndpoint livez(HealthProbes probes, Listener listener) {
    return new CheckEndpoint(
        "/livez", List.of(new Check("serializable_read", probes::readLocally)), listener);
  }

  static CheckEndpoint readyz(HealthProbes probes, Listener listener) {
    return new CheckEndpoint(
        "/readyz",
        List.of(
            new Check("data_corruption", outcome -> outcome.accept(corruption(probes))),
            new Check("serializable_read", probes::readLocally),
            new Check("linearizable_read", probes::readLinearizably),
            new Check("non_learner", outcome -> outcome.accept(learner(probes)))),
        listener);
  }

  private static Optional<String> corruption(HealthProbes probes) {
    return probes.alarms().contains("CORRUPT")
        ? Optional.of("alarm activated: CORRUPT")
        : Optional.empty();
  }

  private static Optional<String> learner(HealthProbes probes) {
    return probes.isLearner() ? Optional.of("not supported for learner") : Optional.empty();
  }

  /// Whether a path is this endpoint or one of its checks.
  boolean serves(String asked) {
    return asked.equals(path)
        || asked.equals(path + "/")
        || checks.stream().anyMatch(check -> asked.equals(path + "/" + check.name()));
  }

  @Override
  public void handle(HttpRequest request, Reply reply) {
    List<Check> asked = new ArrayList<>();
    for (Check check : checks) {
      boolean named = request.path().equals(path + "/" + check.name());
      boolean all = request.path().equals(path) || request.path().equals(path + "/");
      if (named || (all && !request.parameters("exclude").contains(check.name()))) {
        asked.add(check);
      }
    }
    new Round(asked, request.query().containsKey("verbose"), reply).start();
  }

  /// The checks of one request, which may end on several threads.
  private final class Round {
    private final List<Check> asked;
    private final boolean verbose;
    private final Reply reply;
    private final AtomicReferenceArray<Optional<String>> problems;
    private final AtomicInteger open;

    Round(List<Check> asked, boolean verbose, Reply reply) {
      this.asked = asked;
      this.verbose = verbose;
      this.reply = reply;
      this.problems = new AtomicReferenceArray<>(Math.max(1, asked.size()));
      this.open = new AtomicInteger(asked.size());
    }

    void start() {
      if (asked.isEmpty()) {
        reply.send(HttpAnswer.text(200, "ok\n"));
      }
      for (int i = 0; i < asked.size(); i++) {
        int at = i;
        asked.get(i).run().accept(problem -> ended(at, problem));
      }
    }

    private void ended(int at, Optional<String> problem) {
      problems.set(at, problem);
      listener.checked(asked.get(at).name(), problem.isEmpty());
      if (open.decrementAndGet() == 0) {
        answer();
      }
    }

    private void answer() {
      StringBuilder lines = new StringBuilder();
      boolean healthy = true;
      for (int i = 0; i < asked.size(); i++) {
        Optional<String> problem = problems.get(i);
        healthy &= problem.isEmpty();
        String name = asked.get(i).name();
        lines.append(
            problem
                .map(text -> "[-]" + name + " failed: " + text + "\n")
                .orElse("[+]" + name + " ok\n"));
      }
      if (healthy) {
        reply.send(HttpAnswer.text(200, (verbose ? lines : "") + "ok\n"));
      } else {
        reply.send(HttpAnswer.text(503, lines.toString()));
      }
    }
  }
}
