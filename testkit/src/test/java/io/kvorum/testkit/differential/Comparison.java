package io.kvorum.testkit.differential;

import io.kvorum.proto.etcd.LeaseTimeToLiveResponse;
import io.kvorum.proto.mvcc.Event;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;

/// Judges whether two servers said the same.
final class Comparison {
  private Comparison() {}

  /// What differs between the answers to one command, if anything does.
  static Optional<String> ofAnswers(Command command, Answer reference, Answer subject) {
    Answer expected = AnswerForm.of(command, reference);
    Answer actual = AnswerForm.of(command, subject);
    if (expected.equals(actual)) {
      return Optional.empty();
    }
    if (expected instanceof Answer.Replied(LeaseTimeToLiveResponse left)
        && actual instanceof Answer.Replied(LeaseTimeToLiveResponse right)
        && Math.abs(left.getTTL() - right.getTTL()) <= 1
        && Math.min(left.getTTL(), right.getTTL()) > 0
        && left.equals(right.toBuilder().setTTL(left.getTTL()).build())) {
      return Optional.empty(); // the second may pass between the two servers' looks at their clocks
    }
    return Optional.of(expected.line() + "\n  !=  " + actual.line());
  }

  /// What differs between the events that the watchers of two servers received.
  static Optional<String> ofEvents(
      NavigableMap<String, List<Event>> reference, NavigableMap<String, List<Event>> subject) {
    if (!reference.keySet().equals(subject.keySet())) {
      return Optional.of("watchers " + reference.keySet() + "\n  !=  " + subject.keySet());
    }
    for (var watcher : reference.entrySet()) {
      List<Event> expected = watcher.getValue();
      List<Event> actual = subject.getOrDefault(watcher.getKey(), List.of());
      int same = 0;
      while (same < Math.min(expected.size(), actual.size())
          && expected.get(same).equals(actual.get(same))) {
        same++;
      }
      if (same < Math.max(expected.size(), actual.size())) {
        return Optional.of(
            watcher.getKey()
                + ", event "
                + same
                + ":\n"
                + eventAt(expected, same)
                + "\n  !=\n"
                + eventAt(actual, same));
      }
    }
    return Optional.empty();
  }

  private static String eventAt(List<Event> events, int index) {
    return index < events.size() ? Answer.shortened(events.get(index).toString()) : "(none)";
  }
}
