package io.kvorum.testkit.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.testkit.proxy.TcpProxy.Direction;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The proxy before a server that sends back what it gets.
class TcpProxyTest {
  private static final int SOON_MILLIS = 200;
  private static final int LATE_MILLIS = 20_000;

  private final ServerSocket echo = unbound();
  private final TcpProxy proxy = start();

  @BeforeEach
  void serve() {
    Thread.ofVirtual().start(this::acceptAll);
  }

  @AfterEach
  void closeAll() throws IOException {
    proxy.close();
    echo.close();
  }

  @Test
  void megabytes_bothWays_arriveUnchangedAndInOrder() throws Exception {
    byte[] sent = new byte[5 << 20];
    new Random(7).nextBytes(sent);
    try (Socket client = connect()) {
      Thread.ofVirtual().start(() -> write(client, sent));

      assertThat(client.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
    }
  }

  @Test
  void endOfOneDirection_isPassedOn_andTheAnswerStillComes() throws Exception {
    try (Socket client = connect()) {
      client.getOutputStream().write("bye".getBytes(StandardCharsets.UTF_8));
      client.shutdownOutput();

      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("bye");
    }
  }

  @Test
  void blockedDirection_holdsWhatIsSent_untilItHeals() throws Exception {
    for (Direction direction : Direction.values()) {
      try (Socket client = connect()) {
        proxy.block(direction);
        client.getOutputStream().write(1);
        client.setSoTimeout(SOON_MILLIS);
        assertThatThrownBy(() -> client.getInputStream().read())
            .as("%s", direction)
            .isInstanceOf(SocketTimeoutException.class);

        proxy.heal();
        client.setSoTimeout(LATE_MILLIS);

        assertThat(client.getInputStream().read()).as("%s", direction).isEqualTo(1);
      }
    }
  }

  @Test
  void delay_eachWay_addsUp() throws Exception {
    proxy.delay(Direction.FORWARD, Duration.ofMillis(150));
    proxy.delay(Direction.BACKWARD, Duration.ofMillis(150));
    try (Socket client = connect()) {
      long begun = System.nanoTime();
      client.getOutputStream().write(1);

      assertThat(client.getInputStream().read()).isEqualTo(1);
      assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(300_000_000L);
    }
  }

  @Test
  void reset_breaksConnections_newOnesWork() throws Exception {
    try (Socket client = connect()) {
      client.getOutputStream().write(1);
      assertThat(client.getInputStream().read()).isEqualTo(1);

      proxy.reset();

      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
    }
    try (Socket again = connect()) {
      again.getOutputStream().write(2);
      assertThat(again.getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void refusing_closesNewConnections_keepsOldOnes() throws Exception {
    try (Socket old = connect()) {
      old.getOutputStream().write(1);
      assertThat(old.getInputStream().read()).isEqualTo(1);
      proxy.refuse();

      try (Socket client = connect()) {
        assertThatThrownBy(
                () -> {
                  if (client.getInputStream().read() < 0) {
                    throw new SocketException("closed");
                  }
                })
            .isInstanceOf(SocketException.class);
      }
      old.getOutputStream().write(2);
      assertThat(old.getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void nobodyBehindIt_connectionIsBroken() throws Exception {
    echo.close();

    try (Socket client = connect()) {
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
    }
  }

  private static ServerSocket unbound() {
    try {
      return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private TcpProxy start() {
    try {
      return TcpProxy.to(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), echo.getLocalPort()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Socket connect() throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    client.setSoTimeout(LATE_MILLIS);
    return client;
  }

  private static void write(Socket client, byte[] bytes) {
    try {
      client.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void acceptAll() {
    while (!echo.isClosed()) {
      try {
        Socket client = echo.accept();
        Thread.ofVirtual().start(() -> sendBack(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void sendBack(Socket client) {
    try (client) {
      client.getInputStream().transferTo(client.getOutputStream());
    } catch (IOException e) {
      return;
    }
  }
}
