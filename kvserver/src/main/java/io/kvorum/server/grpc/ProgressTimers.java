package io.kvorum.server.grpc;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/// The timers of periodic progress notices, one per watch stream (`api.md` §3.3): the configured
/// interval and up to a tenth more, drawn once per stream so that streams opened together do not
/// fire together.
public final class ProgressTimers {
  private static final double MAX_JITTER = 0.1;

  private final ScheduledExecutorService timer;
  private final DoubleSupplier jitter;
  private final Duration interval;

  /// @param timer only hands over to event loops; should remove cancelled tasks
  /// @param jitter a number in [0, 1); asked by any thread
  public ProgressTimers(ScheduledExecutorService timer, DoubleSupplier jitter, Duration interval) {
    this.timer = timer;
    this.jitter = jitter;
    this.interval = interval;
  }

  /// Runs `tick` on the event loop `loop` from time to time until it is stopped. Called there too.
  Ticking start(Executor loop, Runnable tick) {
    long nanos = (long) (interval.toNanos() * (1 + MAX_JITTER * jitter.getAsDouble()));
    Ticking ticking = new Ticking(loop, tick, nanos);
    ticking.schedule();
    return ticking;
  }

  /// Owned by the event loop.
  final class Ticking {
    private final Executor loop;
    private final Runnable tick;
    private final long periodNanos;

    // Absent once stopped.
    private @Nullable Future<?> next;

    private Ticking(Executor loop, Runnable tick, long periodNanos) {
      this.loop = loop;
      this.tick = tick;
      this.periodNanos = periodNanos;
    }

    private void schedule() {
      next = timer.schedule(() -> loop.execute(this::fire), periodNanos, TimeUnit.NANOSECONDS);
    }

    /// The next period starts only now, so a busy loop collects no ticks.
    private void fire() {
      if (next != null) {
        tick.run();
        schedule();
      }
    }

    void stop() {
      if (next != null) {
        next.cancel(false);
        next = null;
      }
    }
  }
}
