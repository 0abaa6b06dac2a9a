package io.kvorum.testkit.differential;

import io.kvorum.proto.mvcc.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Everything the watchers of one server received.
///
/// The *ledger* is a watcher on all keys from the beginning. It tells how many events every other
/// watcher must have received once the ledger has reached a revision: so waiting for events has a
/// definite end, and a lost event is found without waiting for silence.
final class WatchLog {
  private static final Duration DELIVERY_LIMIT = Duration.ofSeconds(20);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final NavigableMap<Integer, WatchStream> streams = new TreeMap<>();
  private final List<Event> ledger = new ArrayList<>();

  /// The slot of the stream that holds only the ledger.
  static final int LEDGER_SLOT = -1;

  /// The slot of the stream on which [LockStep] finds out that late watchers have begun.
  static final int PROBE_SLOT = -2;

  void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Puts a stream into a slot, in place of the one that was there.
  void open(int slot, WatchStream stream) {
    lock.lock();
    try {
      streams.put(slot, stream);
    } finally {
      lock.unlock();
    }
  }

  Optional<WatchStream> stream(int slot) {
    lock.lock();
    try {
      return Optional.ofNullable(streams.get(slot));
    } finally {
      lock.unlock();
    }
  }

  /// Waits until every watcher received all it must have received up to the revision, the newest in
  /// the store. Returns what is missing.
  Optional<String> settle(long revision) throws InterruptedException {
    long remaining = DELIVERY_LIMIT.toNanos();
    lock.lock();
    try {
      while (!isSettled(revision)) {
        if (remaining <= 0) {
          return Optional.of(missing());
        }
        remaining = changed.awaitNanos(remaining);
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private boolean isSettled(long revision) {
    WatchStream ledgerStream = streams.get(LEDGER_SLOT);
    if (ledgerStream == null) {
      return true;
    }
    for (RecordedWatcher watcher : ledgerStream.watchers().values()) {
      List<Event> all = watcher.events();
      ledger.addAll(all.subList(ledger.size(), all.size()));
    }
    if (ledger.isEmpty() || ledger.getLast().getKv().getModRevision() < revision) {
      return false;
    }
    return streams.values().stream().allMatch(this::isSettled);
  }

  private boolean isSettled(WatchStream stream) {
    for (RecordedWatcher watcher : stream.watchers().values()) {
      watcher.expectFrom(ledger);
      if (!watcher.isSettled()) {
        return false;
      }
    }
    return true;
  }

  private String missing() {
    StringBuilder text = new StringBuilder("watchers miss events after " + DELIVERY_LIMIT + ":");
    streams.forEach(
        (slot, stream) ->
            stream.watchers().values().stream()
                .filter(watcher -> !watcher.isSettled())
                .forEach(watcher -> text.append("\n  ").append(watcher.progress())));
    return text.append("\n  ledger has ").append(ledger.size()).append(" events").toString();
  }

  /// The events of every watcher since the last call.
  NavigableMap<String, List<Event>> takeNewEvents() {
    NavigableMap<String, List<Event>> events = new TreeMap<>();
    lock.lock();
    try {
      streams.forEach(
          (slot, stream) ->
              stream
                  .watchers()
                  .forEach(
                      (id, watcher) ->
                          events.put("stream " + slot + " id " + id, watcher.takeNewEvents())));
    } finally {
      lock.unlock();
    }
    return events;
  }

  /// How each watcher was ended by compaction, for those that were.
  NavigableMap<String, String> endings() {
    NavigableMap<String, String> endings = new TreeMap<>();
    lock.lock();
    try {
      streams.forEach(
          (slot, stream) ->
              stream
                  .watchers()
                  .forEach(
                      (id, watcher) ->
                          watcher
                              .ended()
                              .ifPresent(
                                  ended ->
                                      endings.put(
                                          "stream " + slot + " id " + id, ended.toString()))));
    } finally {
      lock.unlock();
    }
    return endings;
  }

  /// Everything that broke the rules of watch streams so far.
  List<String> breaches() {
    List<String> breaches = new ArrayList<>();
    lock.lock();
    try {
      streams.forEach(
          (slot, stream) -> {
            stream.breaches().forEach(breach -> breaches.add("stream " + slot + ": " + breach));
            stream
                .watchers()
                .forEach(
                    (id, watcher) ->
                        watcher
                            .breaches()
                            .forEach(
                                breach ->
                                    breaches.add("stream " + slot + " id " + id + ": " + breach)));
          });
    } finally {
      lock.unlock();
    }
    return breaches;
  }
}
