package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.testkit.ServerProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The clock of the program `date`, set apart.
class ClockJumpsTest {
  @TempDir private Path directory;

  private static Instant time(ClockJumps jumps) throws Exception {
    ProcessBuilder program = new ProcessBuilder("date", "+%s");
    program.environment().putAll(jumps.environment());
    Process process = program.start();
    String seconds =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    return Instant.ofEpochSecond(Long.parseLong(seconds));
  }

  @Test
  void clock_isAheadOrBehind_byWhatIsAsked() throws Exception {
    Optional<Path> compiler = ServerProcess.program("gcc");
    assumeTrue(compiler.isPresent(), "needs a C compiler: install gcc");
    ClockJumps jumps = ClockJumps.prepare(compiler.orElseThrow(), directory);
    assertThat(time(jumps)).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));

    for (Duration ahead : new Duration[] {Duration.ofDays(400), Duration.ofMillis(-7_200_500)}) {
      jumps.jumpTo(ahead);
      assertThat(time(jumps)).isCloseTo(Instant.now().plus(ahead), within(1, ChronoUnit.MINUTES));
    }
  }
}
