package io.kvorum.mvcc.watch;

import io.kvorum.mvcc.ChangeSet;
import java.util.List;

/// What the applier publishes and every event loop reads: the ring, and how far it reaches.
final class WatchFeed {
  private final WatchRing ring;
  private volatile Published newest;

  /// The state of the store that watchers may know of.
  record Published(long head, long compacted) {}

  WatchFeed(WatchLimits.Ring limits, long head, long compacted) {
    ring = new WatchRing(limits, head + 1);
    newest = new Published(head, compacted);
  }

  /// Thread `apply`: appends the revisions of one applied batch and makes them visible.
  ///
  /// The ring must hold consecutive revisions. What nobody watches is left out of it, and after a
  /// jump of the store (an installed snapshot) it starts anew; watchers that need the rest read
  /// history.
  void publish(List<ChangeSet> changes, Published published, Audience audience) {
    switch (audience) {
      case SOMEBODY -> {
        for (ChangeSet change : changes) {
          if (change.revision() != ring.next()) {
            ring.restartAt(change.revision());
          }
          ring.append(RevisionBlock.of(change));
        }
      }
      case NOBODY -> {}
    }
    if (ring.next() != published.head() + 1) {
      ring.restartAt(published.head() + 1);
    }
    newest = published;
  }

  /// Whether any stream is open.
  enum Audience {
    NOBODY,
    SOMEBODY
  }

  /// Any thread. Blocks up to this head are in the ring unless they gave way.
  Published newest() {
    return newest;
  }

  WatchRing ring() {
    return ring;
  }
}
