package io.kvorum.testkit.differential;

import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What one watcher of one server received: its events merged into one list, and every breach of
/// the stream rules (api.md §3.3 Events).
///
/// Guarded by the lock of its [WatchLog].
final class RecordedWatcher {
  /// `--max-request-bytes` and 512 KiB (api.md §3.3 Fragment).
  private static final int LARGEST_FRAGMENT_BYTES = 2 << 20;

  private final Command.WatchCreate command;
  private final WatchedRange range;
  private final List<Event> events = new ArrayList<>();
  private final List<String> breaches = new ArrayList<>();
  private Optional<WatchResponse> ended = Optional.empty();
  private long lastRevision;
  private boolean inFragments;
  private int fragments;

  private int expectedEvents;
  private int ledgerPosition;
  private int comparedEvents;

  RecordedWatcher(Command.WatchCreate command, WatchResponse created) {
    this.command = command;
    this.range = WatchedRange.of(command.request(), created.getHeader().getRevision());
  }

  Command.WatchCreate command() {
    return command;
  }

  List<Event> events() {
    return events;
  }

  List<String> breaches() {
    return breaches;
  }

  /// The answer that ended the watcher because its start was compacted.
  Optional<WatchResponse> ended() {
    return ended;
  }

  /// How many responses were followed by another part of the same.
  int fragments() {
    return fragments;
  }

  /// Takes a response with events.
  void events(WatchResponse response) {
    if (response.getEventsCount() == 0) {
      breaches.add("response without events: " + response);
    }
    long before = lastRevision;
    for (Event event : response.getEventsList()) {
      long revision = event.getKv().getModRevision();
      if (revision < lastRevision) {
        breaches.add("revision " + revision + " after " + lastRevision);
      }
      if (event.hasPrevKv() && !command.request().getPrevKv()) {
        breaches.add("a previous pair that was not asked for at revision " + revision);
      }
      lastRevision = revision;
      if (!isOfCompactedStart(event)) {
        events.add(event);
      }
    }
    if (!inFragments
        && before != 0
        && response.getEventsCount() > 0
        && response.getEvents(0).getKv().getModRevision() == before) {
      breaches.add("revision " + before + " split over responses");
    }
    if (response.getHeader().getRevision() < lastRevision) {
      breaches.add("header older than the events of revision " + lastRevision);
    }
    if (response.getFragment() && !command.request().getFragment()) {
      breaches.add("a fragment that was not asked for");
    }
    if (response.getFragment()) {
      fragments++;
    }
    if (command.request().getFragment()
        && response.getEventsCount() > 1
        && response.getSerializedSize() >= LARGEST_FRAGMENT_BYTES) {
      breaches.add("a fragment of " + response.getSerializedSize() + " bytes");
    }
    inFragments = response.getFragment();
  }

  /// Events of the compacted revision itself are there until history is physically removed, which
  /// happens at any time after the compaction: neither server owes them to a later watcher.
  private boolean isOfCompactedStart(Event event) {
    return event.getKv().getModRevision() == command.compactedRevision();
  }

  void ended(WatchResponse response) {
    if (ended.isPresent()) {
      breaches.add("ended twice: " + response);
    }
    ended = Optional.of(response);
  }

  boolean mustEnd() {
    long start = command.request().getStartRevision();
    return start > 0 && start < command.compactedRevision();
  }

  /// Reads the new part of the ledger to learn how many events there must be.
  void expectFrom(List<Event> ledger) {
    while (ledgerPosition < ledger.size()) {
      Event event = ledger.get(ledgerPosition++);
      if (!mustEnd() && range.covers(event) && !isOfCompactedStart(event)) {
        expectedEvents++;
      }
    }
  }

  boolean isSettled() {
    return events.size() >= expectedEvents && (!mustEnd() || ended.isPresent());
  }

  String progress() {
    return events.size()
        + " of "
        + expectedEvents
        + " events"
        + (mustEnd() ? ", must end as compacted" : "")
        + (ended.isPresent() ? ", ended" : "")
        + ": "
        + command.line();
  }

  /// The events since the last call.
  List<Event> takeNewEvents() {
    List<Event> fresh = List.copyOf(events.subList(comparedEvents, events.size()));
    comparedEvents = events.size();
    return fresh;
  }
}
