package io.kvorum.testkit.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.testkit.PowerFailure;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
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

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final Acknowledged acknowledged = new Acknowledged();
  @TempDir Path directory;
  private @Nullable ServerProcess server; // the one to be killed next
  private int powerFailures;
  private long lostSectors;
  private long lostGrowthBytes;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void loadedServer_killedAgainAndAgain_losesNothingAcknowledged() throws Exception {
    var compiler = ServerProcess.program("gcc");
    assumeTrue(compiler.isPresent(), "needs a C compiler: install gcc");
    Path data = Files.createDirectory(directory.resolve("data"));
    PowerFailure power = PowerFailure.prepare(compiler.orElseThrow(), directory, data);

    server = ServerProcess.kvorum(data, power.environment());
    for (int kill = 1; kill <= KILLS; kill++) {
      loadThenKill(server, "k" + kill);
      boolean losesPower = kill % 2 == 0;
      if (losesPower) {
        PowerFailure.Loss loss = power.strike(random.split());
        powerFailures++;
        lostSectors += loss.sectors();
        lostGrowthBytes += loss.growthBytes();
      }
      server = restarted(data, power, audit(data, power, kill));
    }
    assertThat(server.terminate()).as("exit status of a graceful stop").isEqualTo(143);
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

  /// Restarts, compares the whole history and writes once more; returns the hash of everything.
  private HashKVResponse audit(Path data, PowerFailure power, int kill) throws Exception {
    String context = "seed %d, kill %d of %d".formatted(SEED, kill, KILLS);
    Map<Long, List<Acknowledged.Change>> history;
    try (ServerProcess auditor = ServerProcess.kvorum(data, power.environment())) {
      ManagedChannel channel = channel(auditor);
      history = History.read(channel);
      assertThat(acknowledged.compare(history)).as(context).isEmpty();
      Map<Long, List<Acknowledged.Change>> sample = newest(history, 300);
      assertThat(History.differencesAtEachRevision(channel, sample)).as(context).isEmpty();
      Acknowledged.Change probe = new Acknowledged.Change("probe", "after kill " + kill, false);
      acknowledged.acknowledged(History.probe(channel, probe), List.of(probe));
      HashKVResponse hash = hash(channel);
      channel.shutdownNow();
      return hash;
    }
  }

  /// Restarts once more: the hash must not change by a restart.
  private static ServerProcess restarted(Path data, PowerFailure power, HashKVResponse before)
      throws Exception {
    ServerProcess restarted = ServerProcess.kvorum(data, power.environment());
    ManagedChannel channel = channel(restarted);
    HashKVResponse after = hash(channel);
    channel.shutdownNow();
    assertThat(after.getHash()).as("seed %d", SEED).isEqualTo(before.getHash());
    assertThat(after.getHashRevision()).as("seed %d", SEED).isEqualTo(before.getHashRevision());
    return restarted;
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
