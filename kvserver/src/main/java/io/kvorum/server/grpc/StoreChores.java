package io.kvorum.server.grpc;

import io.kvorum.mvcc.MvccStore;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/// Long work on the store that clients may order: hashes and defragmentation. Safe for any thread.
public final class StoreChores {
  private final MvccStore store;
  private final Executor threads;
  private final Executor background;
  private final Runnable defragmentation;
  private final AtomicBoolean defragmenting = new AtomicBoolean();

  /// @param threads the threads `range-n`, for scans that a client waits for
  /// @param background for work that nobody waits for and that may take minutes
  /// @param defragmentation rewrites the files without dead rows
  public StoreChores(
      MvccStore store, Executor threads, Executor background, Runnable defragmentation) {
    this.store = store;
    this.threads = threads;
    this.background = background;
    this.defragmentation = defragmentation;
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
              defragmentation.run();
            } finally {
              defragmenting.set(false);
            }
          });
    }
  }
}
