package io.kvorum.mvcc.watch;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.ChangeSet;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// Reads slices of history on other threads, for late watchers of any event loop.
///
/// A failing store is not caught here: it reaches the uncaught-exception handler of the workers,
/// which stops the member.
final class HistoryReads {
  private final History history;
  private final WatchLimits.Slice limits;
  private final Executor workers;
  private volatile boolean closed;

  sealed interface Slice {
    /// Consecutive revisions, the first one as asked for.
    record Read(List<RevisionBlock> blocks) implements Slice {}

    /// The revision asked for is compacted.
    record Overtaken(long compacted) implements Slice {}
  }

  HistoryReads(History history, WatchLimits.Slice limits, Executor workers) {
    this.history = history;
    this.limits = limits;
    this.workers = workers;
  }

  long head() {
    return history.head();
  }

  /// Reads from `from` on, and tells `reader` on its event loop.
  void read(long from, Executor loop, Consumer<Slice> reader) {
    workers.execute(
        () -> {
          if (!closed) {
            Slice slice = read(from);
            loop.execute(() -> reader.accept(slice));
          }
        });
  }

  private Slice read(long from) {
    return switch (history.read(from, limits.events(), limits.bytes())) {
      case History.Slice.Read(List<ChangeSet> changes) -> {
        Invariant.check(
            !changes.isEmpty() && changes.getFirst().revision() == from,
            "history read from %d found %d revisions elsewhere",
            from,
            changes.size());
        yield new Slice.Read(changes.stream().map(RevisionBlock::of).toList());
      }
      case History.Slice.Compacted(long compacted) -> new Slice.Overtaken(compacted);
    };
  }

  void close() {
    closed = true;
  }
}
