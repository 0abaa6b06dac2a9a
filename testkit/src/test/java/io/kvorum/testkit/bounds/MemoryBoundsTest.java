package io.kvorum.testkit.bounds;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.RangeStreamResponse;
import io.kvorum.proto.mvcc.KeyValue;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Large answers cost the server a bounded amount of memory, however much the clients ask for.
///
/// The data is written once; each test has a server of its own on it, so that no test profits from
/// memory that an earlier one has claimed.
class MemoryBoundsTest {
  private static final long MIB = 1 << 20;
  private static final long STREAM_BOUND_BYTES = 256 * MIB;
  private static final long READ_BUDGET_BYTES = 512 * MIB;
  private static final int CLIENTS = 10;
  private static final int VALUES_PER_CLIENT = 200;
  private static final Duration AT_ONCE = Duration.ZERO;
  private static final Duration SLOWLY = Duration.ofMillis(5);

  /// History counts towards the quota too, so one GiB of values is two.
  private static final String QUOTA = "--quota-backend-bytes=" + 8192 * MIB;

  @TempDir static Path directory;

  @BeforeAll
  static void load() throws Exception {
    try (ServerProcess server = ServerProcess.kvorum(directory, QUOTA)) {
      ManagedChannel channel = channel(server);
      LargeValues.load(channel);
      channel.shutdownNow();
      server.terminate();
    }
  }

  @Test
  void oneGibStreamed_clientReadsAtOnce_memoryRisesByAtMost256Mib() throws Exception {
    assertStreamIsBounded("normal", AT_ONCE);
  }

  @Test
  void oneGibStreamed_clientReadsSlowly_memoryRisesByAtMost256Mib() throws Exception {
    assertStreamIsBounded("slow", SLOWLY);
  }

  private static void assertStreamIsBounded(String client, Duration pause) throws Exception {
    try (ServerProcess server = ServerProcess.kvorum(directory, QUOTA)) {
      ManagedChannel channel = channel(server);
      try (ResidentMemory memory = ResidentMemory.watch(server)) {
        int right = stream(channel, pause);

        report("stream, %s client".formatted(client), memory);
        assertThat(right).isEqualTo(LargeValues.COUNT);
        assertThat(memory.riseBytes()).isLessThanOrEqualTo(STREAM_BOUND_BYTES);
      }
      channel.shutdownNow();
    }
  }

  /// Reads all values, with a pause after each message; returns how many came right.
  private static int stream(ManagedChannel channel, Duration pause) throws InterruptedException {
    Iterator<RangeStreamResponse> chunks =
        KVGrpc.newBlockingStub(channel).rangeStream(LargeValues.range(0, LargeValues.COUNT));
    int right = 0;
    while (chunks.hasNext()) {
      for (KeyValue pair : chunks.next().getRangeResponse().getKvsList()) {
        if (LargeValues.isPair(pair, right)) {
          right++;
        }
      }
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    }
    return right;
  }

  @Test
  void tenRangesOf200Mib_askedAtOnce_queueWithinTheReadBudget() throws Exception {
    try (ServerProcess server =
        ServerProcess.kvorum(directory, QUOTA, "--kvorum-read-memory-bytes=" + READ_BUDGET_BYTES)) {
      List<ManagedChannel> channels = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        channels.add(channel(server));
      }
      try (ResidentMemory memory = ResidentMemory.watch(server)) {
        List<Integer> right = readAtOnce(channels);

        report("ten ranges of 200 MiB", memory);
        assertThat(right).hasSize(CLIENTS).containsOnly(VALUES_PER_CLIENT);
        assertThat(memory.riseBytes()).isLessThanOrEqualTo(READ_BUDGET_BYTES * 11 / 10);
      }
      channels.forEach(ManagedChannel::shutdownNow);
    }
  }

  private static List<Integer> readAtOnce(List<ManagedChannel> channels) throws Exception {
    List<Callable<Integer>> reads = new ArrayList<>();
    for (ManagedChannel channel : channels) {
      int first = reads.size() * (LargeValues.COUNT - VALUES_PER_CLIENT) / CLIENTS;
      reads.add(() -> LargeRange.read(channel, first, VALUES_PER_CLIENT));
    }
    List<Integer> right = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      for (Future<Integer> read : clients.invokeAll(reads)) {
        right.add(read.get());
      }
    }
    return right;
  }

  private static ManagedChannel channel(ServerProcess server) {
    return NettyChannelBuilder.forTarget(server.endpoint())
        .usePlaintext()
        .maxInboundMessageSize(Integer.MAX_VALUE)
        .build();
  }

  private static void report(String what, ResidentMemory memory) {
    System.out.printf(
        "memory, %s: %d MiB before, at most %d MiB more%n",
        what, memory.startBytes() / MIB, memory.riseBytes() / MIB);
  }
}
