package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.server.ManualLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProgressTimersTest {
  private final ManualTimer timer = new ManualTimer();
  private final ManualLoop loop = new ManualLoop();
  private final List<String> ticks = new ArrayList<>();

  /// Keeps what is scheduled until the test lets its time come.
  private static final class ManualTimer extends ScheduledThreadPoolExecutor {
    private final Queue<Runnable> due = new ArrayDeque<>();
    private final List<Long> delaysMillis = new ArrayList<>();

    ManualTimer() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
      due.add(task);
      delaysMillis.add(unit.toMillis(delay));
      return super.schedule(() -> {}, 1, TimeUnit.DAYS);
    }

    void elapse() {
      due.remove().run();
    }
  }

  @AfterEach
  void close() {
    timer.shutdownNow();
  }

  @Test
  void started_intervalsElapse_ticksOnTheLoopWithItsOwnJitter() {
    ProgressTimers timers = new ProgressTimers(timer, () -> 0.5, Duration.ofMinutes(10));
    timers.start(loop, () -> ticks.add("tick"));

    timer.elapse();
    assertThat(ticks).isEmpty();
    loop.runAll();
    timer.elapse();
    loop.runAll();

    assertThat(ticks).hasSize(2);
    assertThat(timer.delaysMillis).containsExactly(630_000L, 630_000L, 630_000L);
  }

  @Test
  void stopped_tickOnItsWay_doesNothingMore() {
    ProgressTimers timers = new ProgressTimers(timer, () -> 0, Duration.ofMillis(100));
    ProgressTimers.Ticking ticking = timers.start(loop, () -> ticks.add("tick"));
    timer.elapse();

    ticking.stop();
    loop.runAll();

    assertThat(ticks).isEmpty();
    assertThat(timer.due).isEmpty();
  }
}
