package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.BlockCounts;
import io.kvorum.mvcc.rocks.SnapshotView;
import io.kvorum.mvcc.rocks.StateDb;
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

  /// The database that the state is in.
  StateDb database() {
    return view.database();
  }

  HeadKeys headKeys(Caching caching) {
    return switch (caching) {
      case KEPT -> new HeadKeys(view, counts);
      case PASSED -> new HeadKeys(view.once(), counts);
    };
  }

  PastKeys pastKeys(Revision end, Caching caching) {
    return new PastKeys(headKeys(caching), end, Revision.endOf(state.head()), state.newestDelete());
  }
}
