package io.kvorum.server.grpc;

import io.kvorum.mvcc.MvccStore;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/// Long work on the store that clients may order: hashes and defragmentation. Safe for any thread.
public final class StoreChores {
  private final MvccStore store;
  private final Executor threads;
  private final Executor background;
  private final AtomicBoolean defragmenting = new AtomicBoolean();

  /// @param threads the threads `range-n`, for scans that a client waits for
  /// @param background for work that nobody waits for and that may take minutes
  public StoreChores(MvccStore store, Executor threads, Executor background) {
    this.store = store;
    this.threads = threads;
    this.background = background;
  }

  MvccStore store() {
    return store;
  }

  Executor threads() {
    return threads;
  }

  /// Rewrites the files without dead rows; joins a defragmentation that is going on.
  void beginDefragmentation() {
    if (defragmenting.compareAndSet(false, true)) {
      background.execute(
          () -> {
            try {
              store.defragment();
            } finally {
              defragmenting.set(false);
            }
          });
    }
  }
}
