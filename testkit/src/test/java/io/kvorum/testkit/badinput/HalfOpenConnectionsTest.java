package io.kvorum.testkit.badinput;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Connections that never come to the point: they say nothing, or begin to greet and stop.
class HalfOpenConnectionsTest {
  private static final int CONNECTIONS = 10_000;
  private static final int SOURCE_ADDRESSES = 8;

  /// Sockets this process holds open at one time; the server's own bound is lower by far, so a
  /// machine with few file descriptors tests the same.
  private static final int HELD = Math.toIntExact(Math.min(CONNECTIONS, fileLimit() - 1_000));

  /// The server keeps this many connections that have not said anything; the oldest has to go for
  /// each one more.
  private static final long MAX_SILENT = 1_024;

  private static final long OWN_FILES = 200;
  private static final int GREETING_MILLIS = 15_000;
  private static final long ALLOWED_GROWTH_MIB = 120;
  private static final Duration SLOWEST_CALL = Duration.ofSeconds(2);

  private static final List<byte[]> BEGINNINGS =
      List.of(
          new byte[0],
          "PRI * HT".getBytes(US_ASCII),
          RawHttp2.PREFACE,
          "GET /health HTTP/1.1\r\nhost: ".getBytes(US_ASCII));

  @TempDir private Path directory;

  @Test
  void tenThousandHalfOpenConnections_heldByTheirClient_hurtNobodyAndAreClosed() throws Exception {
    try (ServerProcess server = ServerProcess.kvorum(directory);
        OrdinaryClient ordinary = OrdinaryClient.start(server, "ordinary/", 200)) {
      long before = server.residentBytes() >> 20;
      Deque<SocketChannel> held = new ArrayDeque<>();
      long mostFiles = 0;
      for (int i = 0; i < CONNECTIONS; i++) {
        if (held.size() == HELD) {
          held.removeFirst().close();
        }
        held.addLast(connect(server, i));
        if (i % 500 == 0) {
          mostFiles = Math.max(mostFiles, server.openFiles());
        }
      }
      long after = server.residentBytes() >> 20;

      try (TestClient late = TestClient.of(server)) {
        assertThat(late.put("late", "served")).isPositive();
      }
      ordinary.finish(SLOWEST_CALL);
      System.out.printf(
          "half-open connections: %d files at most, %d MiB before, %d MiB after%n",
          mostFiles, before, after);
      assertThat(mostFiles).isLessThan(MAX_SILENT + OWN_FILES);
      assertThat(after - before).as("growth in MiB").isLessThan(ALLOWED_GROWTH_MIB);
      awaitEndOfGreeting(List.copyOf(held).subList(held.size() - BEGINNINGS.size(), held.size()));
      for (SocketChannel channel : held) {
        channel.close();
      }
      assertThat(server.openFiles()).isLessThan(OWN_FILES);
    }
  }

  /// The newest ones are not in the way of anybody; their time to greet runs out.
  private static void awaitEndOfGreeting(Iterable<SocketChannel> newest) throws IOException {
    for (SocketChannel channel : newest) {
      channel.socket().setSoTimeout(GREETING_MILLIS);
      // What the server says before it closes: at most its own settings and a goodbye.
      byte[] said = channel.socket().getInputStream().readAllBytes();
      assertThat(said.length).isLessThan(200);
    }
  }

  private static SocketChannel connect(ServerProcess server, int number) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.bind(new InetSocketAddress(source(number), 0));
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.clientPort()));
    byte[] beginning = BEGINNINGS.get(number % BEGINNINGS.size());
    int _ = channel.write(ByteBuffer.wrap(Arrays.copyOf(beginning, beginning.length)));
    return channel;
  }

  /// An address of this machine: one alone has too few ports.
  private static InetAddress source(int number) throws UnknownHostException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (2 + number % SOURCE_ADDRESSES)});
  }

  private static long fileLimit() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : CONNECTIONS;
  }
}
