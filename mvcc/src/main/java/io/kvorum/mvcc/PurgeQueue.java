package io.kvorum.mvcc;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Slices of keys whose tombstones look dead, on their way from the thread `state-files` to the
/// thread `apply`, which alone may remove them. Holds at most one slice: the next is offered when
/// that one is done.
final class PurgeQueue implements AutoCloseable {
  private final Queue<Slice> slices = new ConcurrentLinkedQueue<>();
  private volatile Runnable wake = () -> {};
  private volatile boolean closed;

  /// Keys to look at again, and the promise that it has been done in a committed batch.
  static final class Slice {
    private final List<byte[]> keys;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    Slice(List<byte[]> keys) {
      this.keys = List.copyOf(keys);
    }

    List<byte[]> keys() {
      return keys;
    }

    CompletableFuture<Void> done() {
      return done;
    }
  }

  /// Whom to tell that a slice is waiting for the next commit.
  void onWaiting(Runnable listener) {
    wake = listener;
  }

  void offer(Slice slice) {
    slices.add(slice);
    if (closed) {
      cancelAll();
    } else {
      wake.run();
    }
  }

  /// The waiting slice, which stays queued until [#finished(Slice)].
  @Nullable Slice peek() {
    return slices.peek();
  }

  void finished(Slice slice) {
    if (slices.remove(slice)) {
      slice.done().complete(null);
    }
  }

  @Override
  public void close() {
    closed = true;
    cancelAll();
  }

  private void cancelAll() {
    for (Slice slice = slices.poll(); slice != null; slice = slices.poll()) {
      slice.done().completeExceptionally(new CancellationException("the store is closing"));
    }
  }
}
