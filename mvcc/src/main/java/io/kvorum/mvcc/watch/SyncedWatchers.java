package io.kvorum.mvcc.watch;

import io.kvorum.invariant.Invariant;
import java.util.Collection;

/// The watchers of all streams of an event loop that have reached the present, in one index, and
/// the one position they share: everything below it was matched for them.
///
/// A stream that could not take an event has left the step; its watchers stay in the index, are
/// passed over, and count again once their cohort has come back to the position.
final class SyncedWatchers {
  private final WatcherIndex index = new WatcherIndex();
  private long position;

  SyncedWatchers(long position) {
    this.position = position;
  }

  /// The next revision to be matched.
  long position() {
    return position;
  }

  /// Goes on at `revision` without matching what is in between.
  void skipTo(long revision) {
    Invariant.check(revision >= position, "position %d skipped to %d", position, revision);
    position = revision;
  }

  void add(Watcher watcher) {
    watcher.joinSynced(index.add(watcher));
  }

  void remove(Watcher watcher) {
    index.remove(watcher.leaveSynced());
  }

  /// Matches the next revision for the streams in step, and moves on.
  Collection<Delivery> match(RevisionBlock block) {
    Invariant.check(
        block.revision() == position, "matching %d at position %d", block.revision(), position);
    Matching matching = new Matching(index, watcher -> watcher.stream().isInStep());
    matching.add(block);
    position++;
    return matching.deliveries();
  }
}
