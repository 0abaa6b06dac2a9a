package io.kvorum.mvcc.watch;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.watch.WatchCreate.Option;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One watcher of a stream: what it watches and how far it has come.
///
/// It has been told every matching event below `max(next, position of its cohort)` and none from
/// there on. Most watchers are moved by their cohort alone; `next` is the watcher's own lower
/// bound, for a start in the future, for a joined cohort that is further back, and for what it was
/// sent ahead of its cohort.
final class Watcher {
  private final WatchStream stream;
  private final WatchMessage.Delivered delivered;
  private final KeyRange range;
  private final Set<Option> options;
  private final long progressFrom;

  private long next;
  private boolean toldSinceTick;

  // Absent after the watcher has ended, and for the links while it is not in that index.
  private @Nullable Cohort cohort;
  private WatcherGroup.@Nullable Link cohortLink;
  private WatcherGroup.@Nullable Link syncedLink;

  /// A watcher that wants events of `next` on.
  ///
  /// @param progressFrom no progress notice below this revision
  Watcher(WatchStream stream, long id, WatchCreate create, long next, long progressFrom) {
    this.stream = stream;
    this.range = create.range();
    this.options = create.options().isEmpty() ? Set.of() : EnumSet.copyOf(create.options());
    this.delivered =
        new WatchMessage.Delivered(
            id, options.contains(Option.PREVIOUS_PAIR), options.contains(Option.FRAGMENTS));
    this.next = next;
    this.progressFrom = progressFrom;
  }

  WatchStream stream() {
    return stream;
  }

  long id() {
    return delivered.watchId();
  }

  KeyRange range() {
    return range;
  }

  WatchMessage.Delivered delivered() {
    return delivered;
  }

  /// Whether this watcher must be told of `event` at `revision`.
  boolean wants(WatchEvent event, long revision) {
    if (revision < next) {
      return false;
    }
    return switch (event.kind()) {
      case PUT -> !options.contains(Option.NO_PUTS);
      case DELETE -> !options.contains(Option.NO_DELETES);
    };
  }

  long next() {
    return next;
  }

  /// Nothing below `revision` is to be sent from now on.
  void raiseNext(long revision) {
    next = Math.max(next, revision);
  }

  /// The watcher was told its events up to `revision`.
  void told(long revision) {
    Invariant.check(
        revision >= next, "watcher %d at %d told revision %d again", id(), next, revision);
    next = revision + 1;
    toldSinceTick = true;
  }

  /// Whether a progress notice at `revision` would be true to what the client asked for.
  boolean allowsProgressAt(long revision) {
    return revision >= progressFrom;
  }

  /// At the progress timer: whether a notice is due, which it is not if events did its work since
  /// the last tick.
  boolean tick() {
    boolean due = options.contains(Option.PROGRESS_NOTICES) && !toldSinceTick;
    toldSinceTick = false;
    return due;
  }

  @Nullable Cohort cohort() {
    return cohort;
  }

  void join(Cohort joined, WatcherGroup.Link link) {
    Invariant.check(cohort == null, "watcher %d is in a cohort", id());
    cohort = joined;
    cohortLink = link;
  }

  WatcherGroup.Link leaveCohort() {
    WatcherGroup.Link link = cohortLink;
    if (link == null) {
      throw notThere();
    }
    cohort = null;
    cohortLink = null;
    return link;
  }

  void joinSynced(WatcherGroup.Link link) {
    Invariant.check(syncedLink == null, "watcher %d is synced", id());
    syncedLink = link;
  }

  WatcherGroup.Link leaveSynced() {
    WatcherGroup.Link link = syncedLink;
    if (link == null) {
      throw notThere();
    }
    syncedLink = null;
    return link;
  }

  private IllegalStateException notThere() {
    return new IllegalStateException("watcher " + id() + " is not in the index it leaves");
  }
}
