package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.BlockCounts;
import io.kvorum.mvcc.rocks.SnapshotView;
import io.kvorum.mvcc.rocks.StateRecord;
import java.util.concurrent.atomic.AtomicInteger;

/// One published state, readable for as long as anybody holds it. Immutable but for its count of
/// users; the last one to leave frees the snapshot.
final class Pin {
  private final StateRecord state;
  private final SnapshotView view;
  private final BlockCounts counts;
  private final AtomicInteger users = new AtomicInteger(1);

  Pin(StateRecord state, SnapshotView view, BlockCounts counts) {
    this.state = state;
    this.view = view;
    this.counts = counts;
  }

  /// Adds a user; false if the pin is already gone and a newer one must be taken.
  boolean retain() {
    int current = users.get();
    while (current > 0) {
      if (users.compareAndSet(current, current + 1)) {
        return true;
      }
      current = users.get();
    }
    return false;
  }

  void release() {
    if (users.decrementAndGet() == 0) {
      view.close();
    }
  }

  StateRecord state() {
    return state;
  }

  SnapshotView view() {
    return view;
  }

  HeadKeys headKeys() {
    return new HeadKeys(view, counts);
  }

  /// The same keys for a pass over many of them ([SnapshotView#once]).
  HeadKeys headKeysOnce() {
    return new HeadKeys(view.once(), counts);
  }

  PastKeys pastKeys(HeadKeys headKeys, long revision) {
    return new PastKeys(
        headKeys, revision, new Revision(state.head() + 1, 0), state.newestDelete());
  }
}
