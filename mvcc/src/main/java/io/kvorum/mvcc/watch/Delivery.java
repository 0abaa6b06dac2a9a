package io.kvorum.mvcc.watch;

import java.util.ArrayList;
import java.util.List;

/// Events of one watcher that are sent in one response.
final class Delivery {
  private final Watcher watcher;
  private final List<WatchEvent> events = new ArrayList<>(1);
  private long lastRevision;

  Delivery(Watcher watcher) {
    this.watcher = watcher;
  }

  void add(WatchEvent event, long revision) {
    events.add(event);
    lastRevision = revision;
  }

  Watcher watcher() {
    return watcher;
  }

  List<WatchEvent> events() {
    return events;
  }

  long lastRevision() {
    return lastRevision;
  }
}
