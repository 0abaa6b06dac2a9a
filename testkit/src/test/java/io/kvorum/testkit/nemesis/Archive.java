package io.kvorum.testkit.nemesis;

import com.google.protobuf.ByteString;
import io.kvorum.client.Client;
import io.kvorum.client.ClientException;
import io.kvorum.client.KeyRange;
import io.kvorum.client.WatchListener;
import io.kvorum.client.WatchSpec;
import io.kvorum.client.Watcher;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.proto.mvcc.Event.EventType;
import io.kvorum.testkit.history.Change;
import io.kvorum.testkit.history.Committed;
import io.kvorum.testkit.history.WatchRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Every change since the beginning, as one watcher of all keys is told of it. Compactions stay
/// behind it, so that it ends up with the whole history. Any thread.
final class Archive implements WatchListener, AutoCloseable {
  private final Watcher watcher;
  private final NavigableMap<Long, List<Change>> revisions = new TreeMap<>();
  private final Map<String, Long> deletedNanos = new HashMap<>();
  private final WatchRecord record = new WatchRecord("", "\uffff", 1);
  private long seenRevision;
  private @Nullable ClientException end;

  Archive(Client client) {
    watcher = client.watch().watch(WatchSpec.of(KeyRange.all()).from(1), this);
  }

  @Override
  public synchronized void onEvents(List<Event> events) {
    long nowNanos = System.nanoTime();
    record.events(events.stream().map(Archive::recorded).toList());
    for (Event event : events) {
      long revision = event.getKv().getModRevision();
      Change change = recorded(event).change();
      revisions.computeIfAbsent(revision, _ -> new ArrayList<>()).add(change);
      if (change.value().isEmpty()) {
        deletedNanos.put(change.key(), nowNanos);
      }
      seenRevision = Math.max(seenRevision, revision);
    }
    notifyAll();
  }

  @Override
  public synchronized void onError(ClientException reason) {
    end = reason;
    notifyAll();
  }

  /// An event as the checks take it.
  static WatchRecord.Event recorded(Event event) {
    String key = text(event.getKv().getKey());
    Change change =
        event.getType() == EventType.DELETE
            ? Change.delete(key)
            : Change.put(key, text(event.getKv().getValue()));
    return new WatchRecord.Event(event.getKv().getModRevision(), change);
  }

  static String text(ByteString bytes) {
    return bytes.toStringUtf8();
  }

  /// Up to here everything is known.
  synchronized long seenRevision() {
    return seenRevision;
  }

  /// Waits until everything up to `revision` is known; not so if that takes too long.
  synchronized boolean awaitRevision(long revision, long limitNanos) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + limitNanos;
    while (seenRevision < revision && end == null) {
      long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0) {
        return false;
      }
      wait(leftMillis);
    }
    return seenRevision >= revision;
  }

  /// The last revision up to `revision` that changed a key in `[from, to)`; 0 if none did.
  synchronized long lastRevision(String from, String to, long revision) {
    for (var entry : revisions.headMap(revision, true).descendingMap().entrySet()) {
      if (entry.getValue().stream()
          .anyMatch(
              change -> change.key().compareTo(from) >= 0 && change.key().compareTo(to) < 0)) {
        return entry.getKey();
      }
    }
    return 0;
  }

  /// When a key's last deletion was heard of.
  synchronized OptionalLong deletedNanos(String key) {
    Long nanos = deletedNanos.get(key);
    return nanos == null ? OptionalLong.empty() : OptionalLong.of(nanos);
  }

  /// Why the watch ended, if it did.
  synchronized Optional<ClientException> end() {
    return Optional.ofNullable(end);
  }

  synchronized Committed committed() {
    Committed committed = new Committed();
    revisions.forEach(committed::add);
    return committed;
  }

  /// What the watcher was sent; not to be asked for while it runs.
  WatchRecord record() {
    return record;
  }

  @Override
  public void close() {
    watcher.close();
  }
}
