package io.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// operations.md §1.1, "Durations".
class GoDurationTest {

  @ParameterizedTest
  @CsvSource({
    "0, PT0S",
    "1h30m, PT1H30M",
    "300ms, PT0.3S",
    "1.5s, PT1.5S",
    ".5s, PT0.5S",
    "1.s, PT1S",
    "-2m, PT-2M",
    "+7ns, PT0.000000007S",
    "3us, PT0.000003S",
    "4µs, PT0.000004S",
    "2540400h10m10.000000000s, PT2540400H10M10S",
  })
  void goText_parsed_isTheDuration(String text, Duration expected) {
    assertThat(GoDuration.parse(text)).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "3", "-", "s", ".s", "1x", "1 s", "1h-3m", "10000000h", "1e3s", "1hm"})
  void otherText_parsed_isRefused(String text) {
    assertThat(GoDuration.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0s",
    "PT0.1S, 100ms",
    "PT1.5S, 1.5s",
    "PT60S, 1m0s",
    "PT2H, 2h0m0s",
    "PT1H0.05S, 1h0m0.05s",
    "PT0.0000015S, 1.5µs",
    "PT-3S, -3s",
    "PT0.000000009S, 9ns",
  })
  void duration_formatted_isGoText(Duration duration, String expected) {
    assertThat(GoDuration.format(duration)).isEqualTo(expected);
  }
}
