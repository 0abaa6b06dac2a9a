package io.kvorum.testkit.bounds;

import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/// Watches a server's resident memory (`VmRSS`) from its opening on, every few milliseconds, and
/// keeps the highest figure.
final class ResidentMemory implements AutoCloseable {
  private static final long SAMPLE_MILLIS = 2;
  private static final long STILL_BYTES = 1 << 20;
  private static final int STILL_SAMPLES = 10;
  private static final int MAX_SAMPLES = 150;

  private final ServerProcess server;
  private final long startBytes;
  private final Thread sampler;
  private volatile long peakBytes;
  private volatile boolean stopped;

  private ResidentMemory(ServerProcess server, long startBytes) {
    this.server = server;
    this.startBytes = startBytes;
    this.peakBytes = startBytes;
    this.sampler = Thread.ofPlatform().name("resident-memory").daemon().unstarted(this::sample);
  }

  /// Begins once the memory has been still for a second, so that work left over from before (files
  /// being compacted) is neither blamed nor credited.
  static ResidentMemory watch(ServerProcess server) throws IOException, InterruptedException {
    ResidentMemory memory = new ResidentMemory(server, settledBytes(server));
    memory.sampler.start();
    return memory;
  }

  private static long settledBytes(ServerProcess server) throws IOException, InterruptedException {
    long settled = server.residentBytes();
    int still = 0;
    for (int i = 0; i < MAX_SAMPLES && still < STILL_SAMPLES; i++) {
      TimeUnit.MILLISECONDS.sleep(100);
      long now = server.residentBytes();
      if (Math.abs(now - settled) < STILL_BYTES) {
        still++;
      } else {
        settled = now;
        still = 0;
      }
    }
    return settled;
  }

  private void sample() {
    try {
      while (!stopped) {
        peakBytes = Math.max(peakBytes, server.residentBytes());
        TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
      }
    } catch (IOException | InterruptedException e) {
      // The server is gone, and its test knows.
    }
  }

  long startBytes() {
    return startBytes;
  }

  /// How far the memory has been above its start.
  long riseBytes() {
    return peakBytes - startBytes;
  }

  @Override
  public void close() {
    stopped = true;
  }
}
