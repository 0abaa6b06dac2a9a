package io.kvorum.testkit.history;

import io.kvorum.testkit.history.WatchRecord.Event;
import io.kvorum.testkit.history.WatchRecord.Response;
import java.util.ArrayList;
import java.util.List;

/// Whether a watcher was sent what it was promised: events in order, each once, all of them, those
/// of one revision together, none that is not history, and nothing after a progress notice that the
/// notice said had been sent.
public final class WatchCheck {
  private final WatchRecord record;
  private final List<String> violations = new ArrayList<>();

  private WatchCheck(WatchRecord record) {
    this.record = record;
  }

  /// Everything that the watcher was not promised; empty if nothing is wrong.
  ///
  /// @param sentRevision up to here the watcher has had the time to hear of everything
  public static List<String> violations(
      WatchRecord record, Committed committed, long sentRevision) {
    WatchCheck check = new WatchCheck(record);
    List<Event> received = check.requireOrder();
    check.requireHistory(received, committed, sentRevision);
    return check.violations;
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one dependency more
  private void fail(String text, Object... details) {
    violations.add(text.formatted(details));
  }

  /// Order, atomicity and progress, which need no history; returns all events.
  private List<Event> requireOrder() {
    List<Event> received = new ArrayList<>();
    long sentTo = record.startRevision - 1;
    for (Response response : record.responses) {
      switch (response) {
        case Response.Progress(var revision) -> sentTo = Math.max(sentTo, revision);
        case Response.Events(var events) -> {
          long floor = sentTo;
          for (Event event : events) {
            if (event.revision() <= floor) {
              fail("%s comes, and everything up to %d had been sent", event, floor);
            }
            if (event.revision() < sentTo) {
              fail("%s comes after revision %d", event, sentTo);
            }
            sentTo = Math.max(sentTo, event.revision());
          }
          received.addAll(events);
        }
      }
    }
    return received;
  }

  /// Exactly what happened to the watched keys, in the order in which it did.
  private void requireHistory(List<Event> received, Committed committed, long sentRevision) {
    int next = 0;
    long progress = newestProgress();
    for (var revision : committed.revisions().tailMap(record.startRevision, true).entrySet()) {
      for (Change change : revision.getValue()) {
        if (change.key().compareTo(record.from) < 0 || change.key().compareTo(record.to) >= 0) {
          continue;
        }
        Event expected = new Event(revision.getKey(), change);
        if (next < received.size() && received.get(next).equals(expected)) {
          next++;
        } else if (next < received.size()
            || revision.getKey() <= Math.max(progress, sentRevision)) {
          String found = next < received.size() ? received.get(next).toString() : "nothing";
          fail("%s is missing, %s came in its place", expected, found);
          return;
        }
      }
    }
    if (next < received.size()) {
      fail("%s never happened", received.get(next));
    }
  }

  /// The highest revision that a notice named.
  private long newestProgress() {
    long highest = 0;
    for (Response response : record.responses) {
      if (response instanceof Response.Progress(var revision)) {
        highest = Math.max(highest, revision);
      }
    }
    return highest;
  }
}
