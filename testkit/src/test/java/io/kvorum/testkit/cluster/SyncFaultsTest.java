package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.testkit.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Disturbed syncs, of the program `sync`, which uses the same calls as a server.
class SyncFaultsTest {
  private static final int SLOW_MILLIS = 1_500;

  @TempDir private Path directory;

  private int sync(SyncFaults faults) throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "content");
    ProcessBuilder program = new ProcessBuilder("sync", "--data", file.toString());
    program.environment().putAll(faults.environment());
    return program.start().waitFor();
  }

  @Test
  void syncs_fail_orTakeLonger_untilHealed() throws Exception {
    Optional<Path> compiler = ServerProcess.program("gcc");
    assumeTrue(compiler.isPresent(), "needs a C compiler: install gcc");
    SyncFaults faults = SyncFaults.prepare(compiler.orElseThrow(), directory);
    assertThat(sync(faults)).isZero();

    faults.fail();
    assertThat(sync(faults)).isEqualTo(1);

    faults.delay(Duration.ofMillis(SLOW_MILLIS));
    long startNanos = System.nanoTime();
    assertThat(sync(faults)).isZero();
    assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
        .isGreaterThan(Duration.ofMillis(SLOW_MILLIS - 1));

    faults.heal();
    assertThat(sync(faults)).isZero();
  }
}
