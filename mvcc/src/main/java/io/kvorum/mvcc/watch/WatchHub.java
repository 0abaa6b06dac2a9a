package io.kvorum.mvcc.watch;

import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.watch.WatchFeed.Audience;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

/// All watches of a member.
///
/// The thread `apply` publishes; its cost is one append and one wake-up per event loop that has
/// streams, however many watchers there are. Event loops open streams and own them.
public final class WatchHub implements AutoCloseable {
  private final WatchFeed feed;
  private final HistoryReads history;
  private final WatchLimits limits;
  private final WatchCounts counts = new WatchCounts();
  // One per event loop of the client port, added on first use.
  private final CopyOnWriteArrayList<WatchLoop> loops = new CopyOnWriteArrayList<>();

  /// Watches of `store`, from its present state on.
  ///
  /// @param catchUp runs reads of history; a failing store reaches its uncaught-exception handler
  public WatchHub(MvccStore store, WatchLimits limits, Executor catchUp) {
    this(new StoreHistory(store), store.compactedRevision(), limits, catchUp);
  }

  WatchHub(History store, long compacted, WatchLimits limits, Executor catchUp) {
    this.feed = new WatchFeed(limits.ring(), store.head(), compacted);
    this.history = new HistoryReads(store, limits.slice(), catchUp);
    this.limits = limits;
  }

  /// Publishes an applied batch, after its revisions are readable in the store and before its
  /// requests are answered. Thread `apply`.
  ///
  /// @param changes in revision order; may leave out revisions, which watchers then read from the
  ///   store
  public void publish(List<ChangeSet> changes, long head, long compacted) {
    Audience audience = isWatched() ? Audience.SOMEBODY : Audience.NOBODY;
    feed.publish(changes, new WatchFeed.Published(head, compacted), audience);
    for (WatchLoop loop : loops) {
      if (loop.isWatched()) {
        loop.wake();
      }
    }
  }

  private boolean isWatched() {
    for (WatchLoop loop : loops) {
      if (loop.isWatched()) {
        return true;
      }
    }
    return false;
  }

  /// Opens a client's stream. Called on the event loop `loop`, to which the stream belongs.
  public WatchStream open(WatchSink sink, Executor loop) {
    return loopOf(loop).open(sink, counts);
  }

  private WatchLoop loopOf(Executor executor) {
    for (WatchLoop loop : loops) {
      if (loop.executor().equals(executor)) {
        return loop;
      }
    }
    // Only the loop itself comes here for its own executor, so nobody adds it at the same time.
    WatchLoop loop = new WatchLoop(executor, feed, history, limits);
    loops.add(loop);
    return loop;
  }

  public WatchCounts counts() {
    return counts;
  }

  /// Heap held by published revisions.
  public long ringBytes() {
    return feed.ring().bytes();
  }

  /// Heap held by matched events that their streams do not take, as each event loop last knew.
  long heldBytes() {
    long held = 0;
    for (WatchLoop loop : loops) {
      held += loop.heldBytes();
    }
    return held;
  }

  /// Ends the reading of history; must come before the store is closed. Streams end with their
  /// connections.
  @Override
  public void close() {
    history.close();
  }
}
