package io.kvorum.mvcc.watch;

import java.util.concurrent.atomic.LongAdder;

/// How many streams, watchers and events there are, for gauges. Any thread reads; each event loop
/// adds the changes of its streams.
public final class WatchCounts {
  private final LongAdder streams = new LongAdder();
  private final LongAdder watchers = new LongAdder();
  private final LongAdder slowWatchers = new LongAdder();
  private final LongAdder pendingEvents = new LongAdder();
  private final LongAdder sentEvents = new LongAdder();

  WatchCounts() {}

  /// Open streams (`etcd_debugging_mvcc_watch_stream_total`).
  public long streams() {
    return streams.sum();
  }

  /// Watchers of all streams (`etcd_debugging_mvcc_watcher_total`).
  public long watchers() {
    return watchers.sum();
  }

  /// Watchers that have not been told everything yet (`etcd_debugging_mvcc_slow_watcher_total`).
  public long slowWatchers() {
    return slowWatchers.sum();
  }

  /// Matched events that wait for their stream (`etcd_debugging_mvcc_pending_events_total`).
  public long pendingEvents() {
    return pendingEvents.sum();
  }

  /// Events handed to streams since the start.
  public long sentEvents() {
    return sentEvents.sum();
  }

  Share newShare() {
    streams.increment();
    return new Share();
  }

  /// What one stream contributes. Owned by the stream's event loop.
  final class Share {
    private int knownWatchers;
    private int knownSlow;
    private int knownPending;

    private Share() {}

    void update(int watchersNow, int slowNow, int pendingNow) {
      watchers.add(watchersNow - knownWatchers);
      slowWatchers.add(slowNow - knownSlow);
      pendingEvents.add(pendingNow - knownPending);
      knownWatchers = watchersNow;
      knownSlow = slowNow;
      knownPending = pendingNow;
    }

    void events(int count) {
      sentEvents.add(count);
    }

    void close() {
      update(0, 0, 0);
      streams.decrement();
    }
  }
}
