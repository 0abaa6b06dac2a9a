package io.kvorum.testkit.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Thousands of watchers, and slow readers among fast ones: each gets its events, all of them, in
/// order, and none waits for another.
class ManyWatchersTest {
  private static final int WATCHERS = 5_000;
  private static final int STREAMS = 200;
  private static final ByteString EVERYTHING = ByteString.copyFrom(new byte[1]);

  @TempDir private Path directory;
  private ServerProcess server;
  private TestClient client;

  @BeforeEach
  void start() throws Exception {
    server = ServerProcess.kvorum(directory);
    client = TestClient.of(server);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void fiveThousandWatchers_onOneStream_eachGetsItsEventsOnly() throws Exception {
    PausableWatch stream = PausableWatch.open(client);
    for (int i = 0; i < WATCHERS; i++) {
      stream.watch(key(i), ByteString.EMPTY);
    }
    stream.watch(EVERYTHING, EVERYTHING);
    for (int i = 0; i <= WATCHERS; i++) {
      WatchResponse created = stream.next();
      assertThat(created.getCreated()).isTrue();
      assertThat(created.getWatchId()).isEqualTo(i);
    }

    Map<Integer, Long> revisions = new HashMap<>();
    for (int i = 0; i < WATCHERS; i += 41) {
      revisions.put(i, client.put(key(i).toStringUtf8(), "value " + i));
    }

    Map<Integer, Long> alone = new HashMap<>();
    Map<Integer, Long> together = new HashMap<>();
    while (alone.size() < revisions.size() || together.size() < revisions.size()) {
      WatchResponse response = stream.next();
      for (Event event : response.getEventsList()) {
        int number = Integer.parseInt(event.getKv().getKey().toStringUtf8().substring(4));
        Map<Integer, Long> seen = response.getWatchId() == WATCHERS ? together : alone;
        assertThat(seen.put(number, event.getKv().getModRevision())).as("twice").isNull();
        if (response.getWatchId() != WATCHERS) {
          assertThat(response.getWatchId()).isEqualTo(number);
        }
      }
    }
    assertThat(alone).isEqualTo(revisions);
    assertThat(together).isEqualTo(revisions);
    stream.end();
  }

  @Test
  void twoHundredStreams_onOneConnection_eachGetsAllEvents() throws Exception {
    List<PausableWatch> streams = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      PausableWatch stream = PausableWatch.open(client);
      stream.watch(EVERYTHING, EVERYTHING);
      streams.add(stream);
    }
    for (PausableWatch stream : streams) {
      assertThat(stream.next().getCreated()).isTrue();
    }

    long last = 0;
    for (int i = 0; i < 50; i++) {
      last = client.put("key/" + i % 5, "value " + i);
    }

    for (PausableWatch stream : streams) {
      assertThat(stream.revisionsUpTo(last)).isEqualTo(last - 1);
      stream.end();
    }
  }

  @Test
  void slowReaders_amongFastOnes_delayNobodyAndLoseNothing() throws Exception {
    List<PausableWatch> slow = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      PausableWatch stream = PausableWatch.paused(client);
      stream.watch(EVERYTHING, EVERYTHING);
      slow.add(stream);
    }
    PausableWatch fast = PausableWatch.open(client);
    fast.watch(EVERYTHING, EVERYTHING);
    assertThat(fast.next().getCreated()).isTrue();

    ByteString value = ByteString.copyFrom(new byte[100_000]);
    long last = 0;
    long slowestNanos = 0;
    for (int i = 0; i < 300; i++) {
      long start = System.nanoTime();
      last = client.put("key/" + i % 50, value);
      WatchResponse response = fast.next();
      slowestNanos = Math.max(slowestNanos, System.nanoTime() - start);
      assertThat(response.getHeader().getRevision()).isEqualTo(last);
    }

    assertThat(Duration.ofNanos(slowestNanos)).isLessThan(Duration.ofSeconds(2));
    for (PausableWatch stream : slow) {
      stream.resume();
    }
    for (PausableWatch stream : slow) {
      assertThat(stream.next().getCreated()).isTrue();
      assertThat(stream.revisionsUpTo(last)).isEqualTo(last - 1);
      stream.end();
    }
    fast.end();
  }

  private static ByteString key(int number) {
    return ByteString.copyFromUtf8("key/" + number);
  }
}
