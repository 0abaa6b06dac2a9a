package io.kvorum.testkit.differential;

import com.google.protobuf.Message;
import io.kvorum.proto.etcd.WatchResponse;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// Counts which outcomes a script met for which kind of command: a script that meets only errors,
/// or none, compares little.
final class Tally {
  private final NavigableMap<String, Integer> counts = new TreeMap<>();

  void count(Command command, Answer answer) {
    String outcome =
        command.getClass().getSimpleName()
            + ": "
            + switch (answer) {
              case Answer.Replied(WatchResponse watch) -> watchOutcome(watch);
              case Answer.Replied(Message _) -> "OK";
              case Answer.Failed(_, var text) -> text;
              case Answer.Silent _ -> "silent";
            };
    counts.merge(outcome, 1, Integer::sum);
  }

  private static String watchOutcome(WatchResponse response) {
    return Optional.of(response.getCancelReason()).filter(reason -> !reason.isEmpty()).orElse("OK");
  }

  int of(String outcome) {
    return counts.getOrDefault(outcome, 0);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    counts.forEach(
        (outcome, count) -> text.append(outcome).append(" = ").append(count).append('\n'));
    return text.toString();
  }
}
