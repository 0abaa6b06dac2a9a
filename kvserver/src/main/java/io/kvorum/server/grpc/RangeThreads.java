package io.kvorum.server.grpc;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The threads `range-n`: reads that may take longer than an event loop can spare (scans, counts,
/// hashes, encoding large answers). A task that does not fit the queue is refused with
/// `RejectedExecutionException`, which callers answer as too many requests.
public final class RangeThreads implements Executor, AutoCloseable {
  /// More than cores: a scan that reads from disk leaves its core to the next one, and a count does
  /// not have to wait for a scan of gigabytes.
  private static final int MIN_THREADS = 4;

  /// A waiting read holds its request only; this is a second of small reads.
  private static final int MAX_WAITING_READS = 4096;

  private final ThreadPoolExecutor threads;

  private RangeThreads(ThreadPoolExecutor threads) {
    this.threads = threads;
  }

  /// Starts threads for this many cores. What a task throws reaches `failures`.
  public static RangeThreads start(int cores, Thread.UncaughtExceptionHandler failures) {
    int count = Math.max(MIN_THREADS, cores);
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count,
            count,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING_READS),
            Thread.ofPlatform()
                .name("range-", 0)
                .daemon()
                .uncaughtExceptionHandler(failures)
                .factory());
    return new RangeThreads(threads);
  }

  @Override
  public void execute(Runnable task) {
    threads.execute(task);
  }

  /// Lets running reads end, for at most a few seconds, and forgets the waiting ones; their calls
  /// must have been ended before.
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(5, TimeUnit.SECONDS)) {
        throw new IllegalStateException("reads are still running");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
