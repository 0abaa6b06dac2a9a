package io.kvorum.server.config;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/// The address of this machine that its default route would use.
public final class DefaultHost {
  /// An address reserved for documentation; connecting a datagram socket sends nothing.
  private static final byte[] SOMEWHERE = {(byte) 192, 0, 2, 1};

  private DefaultHost() {}

  public static Optional<String> detect() {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(InetAddress.getByAddress(SOMEWHERE), 9));
      InetAddress local = socket.getLocalAddress();
      return local.isAnyLocalAddress() || local.isLoopbackAddress()
          ? Optional.empty()
          : Optional.of(local.getHostAddress());
    } catch (IOException _) {
      return Optional.empty(); // no route: keep `localhost`
    }
  }
}
