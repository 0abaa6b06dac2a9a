package io.kvorum.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
  private static final RetryPolicy POLICY =
      new RetryPolicy(Duration.ofMillis(100), Duration.ofMillis(1_000));

  private static long millis(int failures, int endpoints) {
    return Duration.ofNanos(POLICY.delayNanos(failures, endpoints, new Random(7))).toMillis();
  }

  @Test
  void firstRound_overAllEndpoints_doesNotWait() {
    assertThat(millis(1, 3)).isZero();
    assertThat(millis(2, 3)).isZero();
    assertThat(millis(3, 3)).isBetween(50L, 100L);
  }

  @Test
  void furtherRounds_doubleUpToTheLimit_andHalfOfItAtRandom() {
    assertThat(millis(2, 1)).isBetween(100L, 200L);
    assertThat(millis(4, 1)).isBetween(400L, 800L);
    assertThat(millis(5, 1)).isBetween(500L, 1_000L);
    assertThat(millis(1_000_000, 1)).isBetween(500L, 1_000L);
  }
}
