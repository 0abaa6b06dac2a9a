package io.kvorum.testkit.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class UnavailabilityTest {
  @Test
  void gapsOfASecondAndMore_count_thoseAtBothEndsToo() {
    List<Long> writes =
        Stream.of(1_500, 1_600, 2_599, 4_599)
            .map(Duration::ofMillis)
            .map(Duration::toNanos)
            .toList();

    assertThat(Unavailability.between(0, Duration.ofMillis(7_599).toNanos(), writes))
        .isEqualTo(new Unavailability(Duration.ofMillis(6_500), Duration.ofMillis(3_000)));
  }

  @Test
  void noWriteAtAll_isOneGap() {
    assertThat(Unavailability.between(0, Duration.ofSeconds(9).toNanos(), List.of()))
        .isEqualTo(new Unavailability(Duration.ofSeconds(9), Duration.ofSeconds(9)));
  }
}
