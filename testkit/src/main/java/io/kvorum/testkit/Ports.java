package io.kvorum.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/// Free ports of 127.0.0.1, below those that Linux gives to outgoing connections: a server that is
/// down for a while finds its port free again.
public final class Ports {
  private static final int FIRST = 10_000;
  private static final int END = 32_768;

  /// Tests run in two processes at a time, which begin far from each other: the port of a server
  /// that is down is not to be found free by the other one's.
  private static final int HALF = Integer.getInteger("surefire.forkNumber", 1) % 2;

  /// Counts through all of them, so that one given is not given again soon.
  private static final AtomicInteger NEXT =
      new AtomicInteger(
          HALF * (END - FIRST) / 2 + ThreadLocalRandom.current().nextInt((END - FIRST) / 4));

  private Ports() {}

  /// One that nobody listens on.
  public static int free() throws IOException {
    for (int i = FIRST; i < END; i++) {
      int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), END - FIRST);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IOException("no free port");
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
