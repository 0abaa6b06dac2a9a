package io.kvorum.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The store against a naive map-per-revision model, as mvcc.md §13 did it for the rules: one log,
/// small key pools, compactions, crashes with replay, late and partial physical deletion, readers
/// that stay behind. A failure names its seed; set `kvorum.model.seed` to run only that one, and
/// `kvorum.model.operations` to run longer.
class StoreModelTest {
  private static final long FIRST_SEED = 25_000;
  private static final long ENTRIES_PER_SEED = 8_000;
  private static final int WORKERS = 2;

  @Test
  void randomLog_appliedWithMishaps_alwaysAnswersAsTheModel() throws Exception {
    long onlySeed = Long.getLong("kvorum.model.seed", -1);
    if (onlySeed >= 0) {
      run(onlySeed);
      return;
    }
    long operations = Long.getLong("kvorum.model.operations", 1_000_000);
    AtomicLong done = new AtomicLong();
    AtomicLong nextSeed = new AtomicLong(FIRST_SEED);
    List<Callable<Boolean>> workers = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      workers.add(
          () -> {
            while (done.get() < operations) {
              done.addAndGet(run(nextSeed.getAndIncrement()));
            }
            return true;
          });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(WORKERS)) {
      for (Future<Boolean> worker : threads.invokeAll(workers)) {
        assertThat(worker.get()).isTrue();
      }
    }
    System.out.printf("model: %d operations, %d seeds%n", done.get(), nextSeed.get() - FIRST_SEED);
  }

  private static long run(long seed) throws IOException {
    Path directory = temporaryDirectory();
    try (ModelRun run = new ModelRun(directory, seed)) {
      return run.through(ENTRIES_PER_SEED);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    } finally {
      delete(directory);
    }
  }

  /// In memory where the system offers it: the test crashes stores by the hundred.
  private static Path temporaryDirectory() throws IOException {
    Path memory = Path.of("/dev/shm");
    return Files.isWritable(memory)
        ? Files.createTempDirectory(memory, "kvorum-model-")
        : Files.createTempDirectory("kvorum-model-");
  }

  private static void delete(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(directory)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }
}
