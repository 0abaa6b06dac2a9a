package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SocketOwnerTest {
  private static final long SELF = ProcessHandle.current().pid();

  @Test
  void connectionOfThisProcess_eachEnd_isItsOwn() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      int dialling = accepted.getPort();

      assertThat(SocketOwner.of(dialling, server.getLocalPort(), SELF))
          .isEqualTo(OptionalLong.of(SELF));
      assertThat(SocketOwner.of(client.getPort(), dialling, SELF)).isEqualTo(OptionalLong.of(SELF));
    }
  }

  @Test
  void connectionOfNobodyNamed_hasNoOwner() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort())) {
      assertThat(SocketOwner.of(client.getLocalPort(), client.getPort())).isEmpty();
      assertThat(SocketOwner.of(client.getPort(), 1, SELF)).isEmpty();
    }
  }
}
