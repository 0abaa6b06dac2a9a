package io.kvorum.raft.node;

import io.kvorum.raft.Entry;
import io.kvorum.raft.Ready.LogRead;
import io.kvorum.raft.log.DroppedEntriesException;
import io.kvorum.raft.log.LogStore;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// The thread `log-reads`: fetches entries that slow followers need and the core has let go of. The
/// core asks for at most one read per follower at a time.
final class LogReads implements AutoCloseable {
  private static final long IDLE_SECONDS = 30;

  private final LogStore log;
  private final BiConsumer<LogRead, List<Entry>> receiver;
  private final Consumer<Throwable> failed;
  private final ExecutorService executor;
  private volatile boolean isClosing;

  /// @param receiver is told of every read, with no entries if they are not in the log any more
  /// @param failed is told of a log that cannot be read
  LogReads(LogStore log, BiConsumer<LogRead, List<Entry>> receiver, Consumer<Throwable> failed) {
    this.log = log;
    this.receiver = receiver;
    this.failed = failed;
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("log-reads").factory());
    pool.allowCoreThreadTimeOut(true);
    this.executor = pool;
  }

  void start(LogRead read) {
    executor.execute(() -> carryOut(read));
  }

  private void carryOut(LogRead read) {
    if (isClosing) {
      return;
    }
    try {
      receiver.accept(read, log.read(read.fromIndex(), read.toIndex(), read.maxBytes()));
    } catch (DroppedEntriesException _) {
      receiver.accept(read, List.of());
    } catch (IOException | RuntimeException broken) {
      failed.accept(broken);
    }
  }

  /// Waits for the read under way, and gives up those that wait. Interrupts nothing: that would
  /// look like a disk that fails.
  @Override
  public void close() {
    isClosing = true;
    executor.shutdown();
    boolean wasInterrupted = false;
    while (!executor.isTerminated()) {
      try {
        executor.awaitTermination(1, TimeUnit.SECONDS);
      } catch (InterruptedException _) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
