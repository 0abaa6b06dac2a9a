package io.kvorum.server.observe;

import io.kvorum.server.transport.HttpAnswer;
import io.kvorum.server.transport.HttpHandler;
import io.kvorum.server.transport.HttpRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// `/health`: one answer for load balancers and old probes (operations.md §2.1). Alarms first, then
/// the leader, then a read; `?serializable=true` leaves the leader out, `?exclude=NOSPACE` an
/// alarm.
final class HealthEndpoint implements HttpHandler {
  private final HealthProbes probes;
  private final Consumer<Boolean> outcomes;

  /// @param outcomes told whether each answer was healthy
  HealthEndpoint(HealthProbes probes, Consumer<Boolean> outcomes) {
    this.probes = probes;
    this.outcomes = outcomes;
  }

  @Override
  public void handle(HttpRequest request, Reply reply) {
    boolean serializable = request.parameters("serializable").contains("true");
    Optional<String> alarm =
        probes.alarms().stream()
            .filter(type -> !request.parameters("exclude").contains(type))
            .findFirst();
    if (alarm.isPresent()) {
      answer(reply, Optional.of("ALARM " + alarm.get()));
    } else if (serializable) {
      probes.readLocally(problem -> answer(reply, problem.map(HealthEndpoint::rangeError)));
    } else if (!probes.hasLeader()) {
      answer(reply, Optional.of("RAFT NO LEADER"));
    } else {
      probes.readLinearizably(problem -> answer(reply, problem.map(HealthEndpoint::rangeError)));
    }
  }

  private static String rangeError(String problem) {
    return "RANGE ERROR:" + problem;
  }

  private void answer(Reply reply, Optional<String> problem) {
    outcomes.accept(problem.isEmpty());
    reply.send(
        problem
            .map(
                reason ->
                    HttpAnswer.text(
                        503,
                        "{\"health\":\"false\",\"reason\":\"%s\"}\n"
                            .formatted(reason.replace("\\", "\\\\").replace("\"", "\\\""))))
            .orElseGet(() -> plain("{\"health\":\"true\",\"reason\":\"\"}")));
  }

  private static HttpAnswer plain(String body) {
    HttpAnswer text = HttpAnswer.text(200, body);
    return new HttpAnswer(200, List.of(text.headers().getFirst()), text.body());
  }
}
