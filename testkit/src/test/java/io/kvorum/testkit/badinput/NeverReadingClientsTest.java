package io.kvorum.testkit.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Clients that ask for much and read nothing: their sockets stay full, while they grant the server
/// all the HTTP/2 window there is, so that only the server's own bounds hold it back.
class NeverReadingClientsTest {

  /// Includes the moment when all large reads begin at once on two threads.
  private static final Duration SLOWEST_CALL = Duration.ofSeconds(5);

  private static final int MIB = 1 << 20;
  private static final int VALUES = 40;
  private static final int READERS_OF_EACH_KIND = 40;
  private static final int ORDINARY_ROUNDS = 50;
  private static final ByteString EVERYTHING = ByteString.copyFrom(new byte[1]);

  /// All that the server may take: the heap it is given, its budgets for storage, for large answers
  /// and for the network, each at its default, and itself (code, threads, class data). What these
  /// readers ask for would be three times as much.
  private static final long HEAP_MIB = 512;

  private static final long BUDGETS_MIB = 256 + 128 + 128;
  private static final long ITSELF_MIB = 150;

  @TempDir private Path directory;

  @Test
  void watchesAndLargeReads_neverRead_cannotHurtOthers() throws Exception {
    try (ServerProcess server = ServerProcess.kvorum(directory);
        TestClient client = TestClient.of(server)) {
      SplittableRandom random = new SplittableRandom(11);
      for (int i = 0; i < VALUES; i++) {
        long _ = client.put("large/" + i, value(random));
      }
      assertThat(largeRange(client).getCount()).isEqualTo(VALUES);
      long before = server.residentBytes() / MIB;
      long filesBefore = server.openFiles();
      List<RawHttp2> readers = new ArrayList<>();
      ByteString last;
      long peak;
      try (OrdinaryClient ordinary = OrdinaryClient.start(server, "ordinary/", ORDINARY_ROUNDS)) {
        for (int i = 0; i < READERS_OF_EACH_KIND; i++) {
          readers.add(call(server, "etcdserverpb.Watch/Watch", watchEverything(), false));
          readers.add(call(server, "etcdserverpb.KV/Range", everything().toByteArray(), true));
          readers.add(
              call(server, "etcdserverpb.KV/RangeStream", everything().toByteArray(), true));
        }

        last = value(random);
        peak = 0;
        for (int i = 0; i < 60; i++) {
          last = value(random);
          long _ = client.put("large/" + i % VALUES, last);
          peak = Math.max(peak, server.residentBytes() / MIB);
        }

        ordinary.finish(SLOWEST_CALL);
      }
      for (RawHttp2 reader : readers) {
        reader.close();
      }
      System.out.printf("never-reading clients: %d MiB before, %d MiB at most%n", before, peak);
      assertThat(peak).as("MiB").isLessThan(HEAP_MIB + BUDGETS_MIB + ITSELF_MIB);
      assertThat(client.get("large/19").getKvs(0).getValue()).isEqualTo(last);
      assertThat(largeRange(client).getCount()).as("memory is given back").isEqualTo(VALUES);
      assertThat(server.openFiles()).isLessThan(filesBefore + 20);
    }
  }

  private static ByteString value(SplittableRandom random) {
    byte[] bytes = new byte[MIB];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private static RangeResponse largeRange(TestClient client) {
    return client
        .kv()
        .range(
            RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("large/"))
                .setRangeEnd(ByteString.copyFromUtf8("large0"))
                .build());
  }

  private static RangeRequest everything() {
    return RangeRequest.newBuilder().setKey(EVERYTHING).setRangeEnd(EVERYTHING).build();
  }

  private static byte[] watchEverything() {
    return WatchRequest.newBuilder()
        .setCreateRequest(
            WatchCreateRequest.newBuilder()
                .setKey(EVERYTHING)
                .setRangeEnd(EVERYTHING)
                .setPrevKv(true))
        .build()
        .toByteArray();
  }

  private static RawHttp2 call(ServerProcess server, String method, byte[] request, boolean ends)
      throws Exception {
    RawHttp2 connection = RawHttp2.greeting(server.clientPort(), RawHttp2.HUGE_WINDOW);
    connection.call(1, method, request, ends);
    return connection;
  }
}
