package io.kvorum.testkit.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.testkit.PowerFailure;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a power failure leaves of one file, written by programs that use the same calls as a
/// server.
class PowerFailureTest {
  private static final int OLD_BYTES = 2_000;
  private static final int TRIES = 20;

  @TempDir private Path work;
  @TempDir private Path root;

  /// What is left of a file of [#OLD_BYTES] old bytes, after each of [#TRIES] failures.
  private long[] sizesAfter(String... program) throws Exception {
    Optional<Path> compiler = ServerProcess.program("gcc");
    assumeTrue(compiler.isPresent(), "needs a C compiler: install gcc");
    PowerFailure power = PowerFailure.prepare(compiler.orElseThrow(), work, root);
    Path file = root.resolve("file");
    long[] sizes = new long[TRIES];
    for (int i = 0; i < TRIES; i++) {
      Files.write(file, new byte[OLD_BYTES]);
      ProcessBuilder builder = new ProcessBuilder(program).directory(root.toFile());
      builder.environment().putAll(power.environment());
      assertThat(builder.start().waitFor()).isZero();
      power.strike(new SplittableRandom(i));
      sizes[i] = Files.size(file);
    }
    return sizes;
  }

  @Test
  void shortenedFile_keepsWhatWasNotCutOff() throws Exception {
    assertThat(sizesAfter("truncate", "-s", "700", "file")).containsOnly(700);
  }

  @Test
  void grownFile_losesNoMoreThanItsGrowth() throws Exception {
    long[] sizes =
        sizesAfter(
            "dd", "if=/dev/zero", "of=file", "bs=3000", "count=1", "oflag=append", "conv=notrunc");

    assertThat(Arrays.stream(sizes).summaryStatistics())
        .satisfies(all -> assertThat(all.getMin()).isEqualTo(OLD_BYTES))
        .satisfies(all -> assertThat(all.getMax()).isBetween(OLD_BYTES + 1L, 5_000L));
  }

  @Test
  void syncedFile_losesNothing() throws Exception {
    long[] sizes =
        sizesAfter(
            "dd",
            "if=/dev/zero",
            "of=file",
            "bs=3000",
            "count=1",
            "oflag=append",
            "conv=notrunc,fsync");

    assertThat(sizes).containsOnly(5_000);
  }
}
