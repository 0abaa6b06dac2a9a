package io.kvorum.mvcc.watch;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/// What a run of revisions holds for the watchers of an index, collected by watcher.
///
/// Each watcher's events come in revision order, and all its events of a revision are together.
final class Matching {
  private final WatcherIndex index;
  private final Predicate<Watcher> eligible;
  private final Map<Watcher, Delivery> deliveries = new LinkedHashMap<>();
  private int events;

  /// @param eligible which of the found watchers count
  Matching(WatcherIndex index, Predicate<Watcher> eligible) {
    this.index = index;
    this.eligible = eligible;
  }

  void add(RevisionBlock block) {
    for (WatchEvent event : block.events()) {
      index.find(event.key(), watcher -> offer(watcher, event, block.revision()));
    }
  }

  private void offer(Watcher watcher, WatchEvent event, long revision) {
    if (eligible.test(watcher) && watcher.wants(event, revision)) {
      deliveries.computeIfAbsent(watcher, Delivery::new).add(event, revision);
      events++;
    }
  }

  /// In the order in which the watchers were first found.
  Collection<Delivery> deliveries() {
    return deliveries.values();
  }

  /// How many events the deliveries have together.
  int events() {
    return events;
  }
}
