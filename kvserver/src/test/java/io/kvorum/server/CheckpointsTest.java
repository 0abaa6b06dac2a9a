package io.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// When the state is made durable for the sake of the log (operations.md, `snapshot-count`).
class CheckpointsTest {
  private final AtomicLong applied = new AtomicLong(1_000);
  private int flushes;
  private final Checkpoints checkpoints =
      new Checkpoints(100, applied::get, () -> flushes++, 950, () -> 0);

  private void tickAtSeconds(long seconds) {
    checkpoints.tick(TimeUnit.SECONDS.toNanos(seconds));
  }

  @Test
  void enoughEntriesApplied_flushes_andThenOnlyForAsManyMore() {
    tickAtSeconds(0);
    assertThat(flushes).isZero();

    applied.set(1_050);
    tickAtSeconds(1);
    assertThat(flushes).isEqualTo(1);

    checkpoints.stateDurable(1_050);
    tickAtSeconds(100);
    assertThat(flushes).isEqualTo(1);

    applied.set(1_150);
    tickAtSeconds(101);
    assertThat(flushes).isEqualTo(2);
  }

  @Test
  void flushForAnotherReason_counts() {
    applied.set(2_000);
    checkpoints.stateDurable(1_950);

    tickAtSeconds(1);

    assertThat(flushes).isZero();
  }

  @Test
  void entriesComingFast_flushesOnlyNowAndThen() {
    for (int tenths = 0; tenths < 100; tenths++) {
      applied.addAndGet(1_000);
      checkpoints.tick(TimeUnit.MILLISECONDS.toNanos(tenths * 100L));
    }

    assertThat(flushes).isEqualTo(2);
  }
}
