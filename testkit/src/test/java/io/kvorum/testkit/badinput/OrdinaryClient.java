package io.kvorum.testkit.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.testkit.ServerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A client that does nothing unusual while others do: puts and reads back one key after the other
/// and keeps the time of each pair of calls.
///
/// Its thread writes the fields; they are read once it has ended.
final class OrdinaryClient implements AutoCloseable {
  private static final int VALUE_BYTES = 1_000;

  private final TestClient client;
  private final String prefix;
  private final CountDownLatch enough;
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final List<Duration> times = new ArrayList<>();
  private volatile boolean stopping;

  private OrdinaryClient(TestClient client, String prefix, int least) {
    this.client = client;
    this.prefix = prefix;
    this.enough = new CountDownLatch(least);
  }

  /// Starts one that writes keys below `prefix`; [#finish] waits until it has done `least` rounds.
  static OrdinaryClient start(ServerProcess server, String prefix, int least) {
    OrdinaryClient ordinary = new OrdinaryClient(TestClient.of(server), prefix, least);
    Thread.ofPlatform().name("ordinary-client").daemon(true).start(ordinary::run);
    return ordinary;
  }

  private void run() {
    try {
      while (!stopping) {
        String key = key(times.size());
        String value = value(times.size());
        long start = System.nanoTime();
        long _ = client.put(key, value);
        String found = client.get(key).getKvs(0).getValue().toStringUtf8();
        times.add(Duration.ofNanos(System.nanoTime() - start));
        assertThat(found).isEqualTo(value);
        enough.countDown();
      }
      end.complete(null);
    } catch (RuntimeException | AssertionError e) {
      end.completeExceptionally(e);
      while (enough.getCount() > 0) {
        enough.countDown();
      }
    }
  }

  private String key(int number) {
    return prefix + number;
  }

  private static String value(int number) {
    return number + "-".repeat(VALUE_BYTES);
  }

  /// Ends it and checks that every call was answered, none took longer than `slowest`, and
  /// everything it wrote is there.
  void finish(Duration slowest) throws Exception {
    assertThat(enough.await(30, TimeUnit.SECONDS)).as("progress of an ordinary client").isTrue();
    stopping = true;
    end.get(30, TimeUnit.SECONDS);
    assertThat(times.stream().max(Duration::compareTo).orElseThrow())
        .as("slowest of %d put and get pairs", times.size())
        .isLessThan(slowest);
    for (int number = 0; number < times.size(); number++) {
      assertThat(client.get(key(number)).getKvs(0).getValue().toStringUtf8())
          .isEqualTo(value(number));
    }
  }

  @Override
  public void close() {
    stopping = true;
    client.close();
  }
}
