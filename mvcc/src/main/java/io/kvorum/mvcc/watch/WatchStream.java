package io.kvorum.mvcc.watch;

import io.kvorum.mvcc.watch.WatchCreate.Start;
import io.kvorum.mvcc.watch.WatchMessage.Refused.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One client's watch stream: its watchers, the answers to its requests, and its progress notices
/// (etcd API: Watch).
///
/// Owned by the event loop it was opened for; every method is called there and only there. Messages
/// leave through the sink in the order in which they are true, so nothing can overtake an event.
public final class WatchStream {
  /// Revision 1 is the empty store; it has no events.
  private static final long FIRST_CHANGED_REVISION = 2;

  private final WatchLoop loop;
  private final WatchSink sink;
  private final Cohorts cohorts;
  // In creation order. A watcher that a compaction has ended stays until its client cancels it.
  private final Map<Long, Watcher> watchers = new LinkedHashMap<>();
  private final WatchCounts.Share counted;
  private long nextId;
  private boolean closed;

  WatchStream(WatchLoop loop, WatchSink sink, WatchCounts counts) {
    this.loop = loop;
    this.sink = sink;
    this.cohorts = loop.newCohorts(this);
    this.counted = counts.newShare();
  }

  /// Answers a create request: `Created` and then events, or `Refused`.
  public void create(WatchCreate request) {
    loop.enter(this, () -> decideCreate(request));
  }

  private void decideCreate(WatchCreate request) {
    long head = loop.storeHead();
    Optional<Reason> refusal = refusalOf(request);
    if (refusal.isPresent()) {
      sink.send(new WatchMessage.Refused(refusal.get(), head));
      return;
    }
    Watcher watcher =
        switch (request.start()) {
          case Start.Now() -> new Watcher(this, takeId(request), request, head + 1, head);
          case Start.At(long start) ->
              new Watcher(
                  this, takeId(request), request, Math.max(start, FIRST_CHANGED_REVISION), start);
        };
    watchers.put(watcher.id(), watcher);
    sink.send(new WatchMessage.Created(watcher.id(), head));
    long compacted = loop.newest().compacted();
    if (request.start() instanceof Start.At(long start) && start < compacted) {
      sink.send(new WatchMessage.Compacted(watcher.id(), compacted));
    } else {
      cohorts.place(watcher);
    }
  }

  private Optional<Reason> refusalOf(WatchCreate request) {
    if (request.start() instanceof Start.At(long start) && start < 0) {
      return Optional.of(Reason.NEGATIVE_START);
    }
    if (request.range().isEmpty()) {
      return Optional.of(Reason.EMPTY_RANGE);
    }
    if (request.id() instanceof WatchCreate.WatcherId.Chosen(long id) && watchers.containsKey(id)) {
      return Optional.of(Reason.DUPLICATE_ID);
    }
    return Optional.empty();
  }

  private long takeId(WatchCreate request) {
    return switch (request.id()) {
      case WatchCreate.WatcherId.Chosen(long id) -> id;
      case WatchCreate.WatcherId.Next() -> {
        while (watchers.containsKey(nextId)) {
          nextId++;
        }
        yield nextId++;
      }
    };
  }

  /// Ends a watcher; no event of it follows the answer. An id that is not in use gets no answer.
  public void cancel(long watchId) {
    loop.enter(
        this,
        () -> {
          Watcher watcher = watchers.remove(watchId);
          if (watcher != null) {
            cohorts.remove(watcher);
            sink.send(new WatchMessage.Cancelled(watchId, loop.storeHead()));
          }
        });
  }

  /// Tells the whole stream's progress if every watcher has all its events; otherwise nothing, now
  /// or later: the client asks again.
  public void requestProgress() {
    loop.enter(
        this,
        () -> {
          loop.serveSynced();
          long revision = loop.syncedRevision();
          if (!watchers.isEmpty() && cohorts.areCaughtUp() && everybodyAllowsProgress(revision)) {
            sink.send(new WatchMessage.StreamProgress(revision));
          }
        });
  }

  private boolean everybodyAllowsProgress(long revision) {
    for (Watcher watcher : watchers.values()) {
      if (watcher.cohort() == null || !watcher.allowsProgressAt(revision)) {
        return false;
      }
    }
    return true;
  }

  /// The stream's progress timer has fired: a notice for each watcher that asked for them, has all
  /// its events, and was told nothing since the last time. A stream that is not ready gets none.
  public void tick() {
    loop.enter(
        this,
        () -> {
          loop.serveSynced();
          long revision = loop.syncedRevision();
          for (Watcher watcher : watchers.values()) {
            if (watcher.tick()
                && sink.isReady()
                && cohorts.isCaughtUp(watcher)
                && watcher.allowsProgressAt(revision)) {
              sink.send(new WatchMessage.Progress(watcher.id(), revision));
            }
          }
        });
  }

  /// The sink takes more again.
  public void ready() {
    loop.enter(this, cohorts::ready);
  }

  /// The client is gone. Nothing is sent any more.
  public void close() {
    loop.enter(
        this,
        () -> {
          closed = true;
          for (Watcher watcher : watchers.values()) {
            cohorts.remove(watcher);
          }
          watchers.clear();
          cohorts.close();
          counted.close();
          loop.closed(this);
        });
  }

  boolean isClosed() {
    return closed;
  }

  boolean isInStep() {
    return cohorts.isInStep();
  }

  boolean isReady() {
    return sink.isReady();
  }

  Cohorts cohorts() {
    return cohorts;
  }

  List<Watcher> watchersOf(Cohort cohort) {
    List<Watcher> members = new ArrayList<>(cohort.size());
    for (Watcher watcher : watchers.values()) {
      if (watcher.cohort() == cohort) {
        members.add(watcher);
      }
    }
    return members;
  }

  void deliver(Delivery delivery, long headerRevision) {
    Watcher watcher = delivery.watcher();
    watcher.told(delivery.lastRevision());
    counted.events(delivery.events().size());
    sink.send(new WatchMessage.Events(watcher.delivered(), headerRevision, delivery.events()));
  }

  /// The watcher's next revision is gone.
  void compacted(Watcher watcher, long compacted) {
    cohorts.remove(watcher);
    sink.send(new WatchMessage.Compacted(watcher.id(), compacted));
  }

  /// Brings the gauges up to date.
  void report() {
    counted.update(watchers.size(), cohorts.slowWatchers(), cohorts.pendingEvents());
  }
}
