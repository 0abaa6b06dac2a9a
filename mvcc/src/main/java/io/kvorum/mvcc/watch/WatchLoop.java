package io.kvorum.mvcc.watch;

import io.kvorum.invariant.OwnerThread;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// The watch streams of one event loop, served in turns: first the revisions published since the
/// last turn to the streams in step, then some steps of those that are behind.
///
/// Owned by the event loop, except [#wake], [#isWatched] and [#executor]. Whatever a sink calls
/// back while it is being served runs after that, so state never changes under an iteration.
final class WatchLoop {
  private final Executor executor;
  private final WatchFeed feed;
  private final HistoryReads history;
  private final WatchLimits limits;
  private final SyncedWatchers synced;
  private final CatchUp catchUp;
  private final Set<WatchStream> streams = new LinkedHashSet<>();

  private final OwnerThread owner = new OwnerThread("WatchLoop");
  private final ArrayDeque<Runnable> entered = new ArrayDeque<>();
  private boolean inside;

  // Any thread.
  private final AtomicBoolean turnDue = new AtomicBoolean();
  private final AtomicInteger openStreams = new AtomicInteger();

  WatchLoop(Executor executor, WatchFeed feed, HistoryReads history, WatchLimits limits) {
    this.executor = executor;
    this.feed = feed;
    this.history = history;
    this.limits = limits;
    this.synced = new SyncedWatchers(feed.newest().head() + 1);
    this.catchUp = new CatchUp(feed, history, limits, this::resume, this::wake);
  }

  Executor executor() {
    return executor;
  }

  /// Whether the loop has streams. Any thread.
  boolean isWatched() {
    return openStreams.get() > 0;
  }

  /// Asks for a turn, once however often it is called before the turn. Any thread.
  void wake() {
    if (turnDue.compareAndSet(false, true)) {
      try {
        executor.execute(this::turn);
      } catch (RejectedExecutionException _) {
        // The event loop has ended and its streams with it; there is nobody left to serve.
      }
    }
  }

  WatchStream open(WatchSink sink, WatchCounts counts) {
    owner.check();
    // Counted before the head is read: a revision published after that read finds the loop watched
    // and wakes it.
    if (openStreams.getAndIncrement() == 0) {
      synced.skipTo(newest().head() + 1);
    }
    WatchStream stream = new WatchStream(this, sink, counts);
    streams.add(stream);
    return stream;
  }

  void closed(WatchStream stream) {
    streams.remove(stream);
    openStreams.decrementAndGet();
  }

  Cohorts newCohorts(WatchStream stream) {
    return new Cohorts(stream, synced, catchUp, limits.slice().events());
  }

  /// Runs what concerns `stream`, unless it is closed by then.
  void enter(WatchStream stream, Runnable action) {
    enter(
        () -> {
          if (!stream.isClosed()) {
            action.run();
            if (!stream.isClosed()) {
              stream.report();
            }
          }
        });
  }

  private void enter(Runnable action) {
    owner.check();
    entered.add(action);
    if (inside) {
      return;
    }
    inside = true;
    try {
      for (Runnable next = entered.poll(); next != null; next = entered.poll()) {
        next.run();
      }
    } finally {
      inside = false;
    }
  }

  /// Brings back the result of a read.
  private void resume(Runnable result) {
    executor.execute(() -> enter(result));
  }

  private void turn() {
    turnDue.set(false);
    enter(
        () -> {
          serveSynced();
          catchUp.run(limits.turn().steps());
        });
  }

  /// Serves what was published to the streams in step, within the bound of a turn.
  void serveSynced() {
    long head = newest().head();
    for (int served = 0; synced.position() <= head; served++) {
      if (served == limits.turn().blocks()) {
        wake();
        return;
      }
      RevisionBlock block = feed.ring().block(synced.position());
      if (block == null) {
        fallBehind(head + 1);
      } else {
        serve(block);
      }
    }
  }

  private void serve(RevisionBlock block) {
    for (Delivery delivery : synced.match(block)) {
      delivery.watcher().stream().cohorts().deliverLive(delivery, block);
    }
  }

  /// The ring has lost a revision before this loop came to it.
  private void fallBehind(long next) {
    long position = synced.position();
    synced.skipTo(next);
    for (WatchStream stream : streams) {
      stream.cohorts().fallBehind(position);
      stream.report();
    }
  }

  WatchFeed.Published newest() {
    return feed.newest();
  }

  long storeHead() {
    return history.head();
  }

  /// Everything up to this revision was sent to the streams in step.
  long syncedRevision() {
    return synced.position() - 1;
  }

  /// Heap kept for streams that are not ready.
  long heldBytes() {
    return catchUp.heldBytes();
  }
}
