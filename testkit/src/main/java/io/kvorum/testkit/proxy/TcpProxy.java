package io.kvorum.testkit.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;

/// Stands between two processes on this machine and passes on what they say to each other, unless
/// it is told not to: one direction or both blocked, slow, reset, or nobody let in.
public final class TcpProxy implements AutoCloseable {
  /// Which way something goes.
  public enum Direction {
    /// From the side that connected to the proxy.
    FORWARD,
    /// From the process behind it.
    BACKWARD
  }

  private final ServerSocket listening;
  private final InetSocketAddress target;
  private final Link forward = new Link();
  private final Link backward = new Link();
  private final Relay relay;
  private volatile boolean isRefusing;

  private TcpProxy(ServerSocket listening, InetSocketAddress target) {
    this.listening = listening;
    this.target = target;
    this.relay = new Relay(target, forward, backward);
  }

  /// Listens on a free port of 127.0.0.1 for connections to `target`.
  public static TcpProxy to(InetSocketAddress target) throws IOException {
    TcpProxy proxy =
        new TcpProxy(new ServerSocket(0, 128, InetAddress.getLoopbackAddress()), target);
    Thread.ofVirtual().name("proxy-accept").start(proxy::accept);
    return proxy;
  }

  public int port() {
    return listening.getLocalPort();
  }

  /// Holds back everything that goes in `direction`, on present and new connections.
  public void block(Direction direction) {
    link(direction).block();
  }

  /// Lets everything take this much longer in `direction`.
  public void delay(Direction direction, Duration delay) {
    link(direction).delay(delay);
  }

  /// Breaks all connections with a reset.
  public void reset() {
    relay.reset();
  }

  /// Closes new connections at once.
  public void refuse() {
    isRefusing = true;
  }

  /// Ends all faults; what was held back goes on.
  public void heal() {
    isRefusing = false;
    for (Direction direction : Direction.values()) {
      link(direction).heal();
    }
  }

  private Link link(Direction direction) {
    return switch (direction) {
      case FORWARD -> forward;
      case BACKWARD -> backward;
    };
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    relay.close();
    heal(); // whoever waits goes on, and finds its socket closed
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        if (isRefusing) {
          Relay.abort(client);
        } else {
          relay.connect(client);
        }
      }
    } catch (IOException e) {
      if (!listening.isClosed()) {
        throw new UncheckedIOException("the proxy before " + target + " lets nobody in", e);
      }
    }
  }
}
