package io.kvorum.testkit.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every acknowledged write survives `kill -9` at any moment under load, and a power failure at it.
///
/// `-Dkvorum.kills=200` runs a longer loop, `-Dkvorum.seed=…` replays its choices, and
/// `-Dkvorum.ledger=FILE` appends the outcome to a file.
class CrashTest {
  private static final int KILLS = Integer.getInteger("kvorum.kills", 16);
  private static final long SEED =
      Long.getLong("kvorum.seed", ThreadLocalRandom.current().nextLong());
  private static final int WRITERS = 6;
  private static final Path SOURCE =
      Path.of(System.getProperty("kvorum.root", "."), "testkit/src/test/c/syncjournal.c")
          .toAbsolutePath();

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final Acknowledged acknowledged = new Acknowledged();
  @TempDir Path directory;
  private int powerFailures;
  private long lostSectors;
  private long lostGrowthBytes;

  @Test
  void loadedServer_killedAgainAndAgain_losesNothingAcknowledged() throws Exception {
    var compiler = ServerProcess.program("gcc");
    assumeTrue(compiler.isPresent(), "needs a C compiler: install gcc");
    Path data = Files.createDirectory(directory.resolve("data"));
    PowerFailure power = PowerFailure.prepare(compiler.orElseThrow(), SOURCE, directory, data);

    for (int kill = 1; kill <= KILLS; kill++) {
      boolean losesPower = kill % 2 == 0;
      try (ServerProcess server = ServerProcess.kvorum(data, power.environment())) {
        loadThenKill(server, "k" + kill);
      }
      if (losesPower) {
        PowerFailure.Loss loss = power.strike(random.split());
        powerFailures++;
        lostSectors += loss.sectors();
        lostGrowthBytes += loss.growthBytes();
      }
      audit(data, power, kill);
    }
    record();
  }

  /// Lets the writers run for a while and kills the server under them.
  private void loadThenKill(ServerProcess server, String round) throws InterruptedException {
    ManagedChannel channel = channel(server);
    AtomicBoolean stop = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      Writer writer =
          new Writer(channel, (char) ('a' + i) + "-" + round, acknowledged, random.split(), stop);
      threads.add(Thread.ofPlatform().start(writer));
    }
    // The moment of the kill is what this test draws; no outcome depends on its length.
    TimeUnit.MILLISECONDS.sleep(random.nextInt(20, 900));
    server.kill();
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    channel.shutdownNow();
  }

  /// Restarts, compares the whole history, writes once more, and restarts again: the hash must not
  /// change by a restart.
  private void audit(Path data, PowerFailure power, int kill) throws Exception {
    String context = "seed %d, kill %d of %d".formatted(SEED, kill, KILLS);
    HashKVResponse before;
    Map<Long, List<Acknowledged.Change>> history;
    try (ServerProcess server = ServerProcess.kvorum(data, power.environment())) {
      ManagedChannel channel = channel(server);
      history = History.read(channel);
      assertThat(acknowledged.compare(history)).as(context).isEmpty();
      Map<Long, List<Acknowledged.Change>> sample = newest(history, 300);
      assertThat(History.differencesAtEachRevision(channel, sample)).as(context).isEmpty();
      Acknowledged.Change probe = new Acknowledged.Change("probe", "after kill " + kill, false);
      acknowledged.acknowledged(History.probe(channel, probe), List.of(probe));
      before = hash(channel);
      channel.shutdownNow();
      server.kill();
    }
    try (ServerProcess server = ServerProcess.kvorum(data, power.environment())) {
      ManagedChannel channel = channel(server);
      HashKVResponse after = hash(channel);
      assertThat(after.getHash()).as(context).isEqualTo(before.getHash());
      assertThat(after.getHashRevision()).as(context).isEqualTo(before.getHashRevision());
      channel.shutdownNow();
      assertThat(server.terminate()).as("exit status of a graceful stop").isEqualTo(143);
    }
  }

  private static Map<Long, List<Acknowledged.Change>> newest(
      Map<Long, List<Acknowledged.Change>> history, int count) {
    List<Long> revisions = new ArrayList<>(history.keySet());
    List<Long> chosen = revisions.subList(Math.max(0, revisions.size() - count), revisions.size());
    Map<Long, List<Acknowledged.Change>> newest = new TreeMap<>();
    chosen.forEach(revision -> newest.put(revision, history.get(revision)));
    return newest;
  }

  private static HashKVResponse hash(ManagedChannel channel) {
    return MaintenanceGrpc.newBlockingStub(channel).hashKV(HashKVRequest.getDefaultInstance());
  }

  private static ManagedChannel channel(ServerProcess server) {
    return NettyChannelBuilder.forTarget(server.endpoint()).usePlaintext().build();
  }

  private void record() throws Exception {
    String line =
        "| %d | %d | %d | %d | %d | %d | none |%n"
            .formatted(
                SEED, KILLS, powerFailures, lostSectors, lostGrowthBytes, acknowledged.count());
    System.out.print("kills: " + line);
    String ledger = System.getProperty("kvorum.ledger", "");
    if (!ledger.isEmpty()) {
      Files.writeString(
          Path.of(ledger), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }
}
