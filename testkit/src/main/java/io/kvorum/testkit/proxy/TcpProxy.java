package io.kvorum.testkit.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;

/// Stands between two processes on this machine and passes on what they say to each other, unless
/// it is told not to: one direction or both blocked, slow, reset, or nobody let in.
///
/// Memory is bounded: of each direction of a connection a quarter of a mebibyte is under way, then
/// the sender is held up.
public final class TcpProxy implements AutoCloseable {
  private static final int CHUNK_BYTES = 8 << 10;
  private static final int CHUNKS = 32;

  /// Which way something goes.
  public enum Direction {
    /// From the side that connected to the proxy.
    FORWARD,
    /// From the process behind it.
    BACKWARD
  }

  private record Chunk(ByteBuffer bytes, long arrivedNanos) {
    static final Chunk END = new Chunk(ByteBuffer.allocate(0), 0);
  }

  private final ServerSocket listening;
  private final InetSocketAddress target;
  private final Link forward = new Link();
  private final Link backward = new Link();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean isRefusing;

  private TcpProxy(ServerSocket listening, InetSocketAddress target) {
    this.listening = listening;
    this.target = target;
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
    link(direction).block(true);
  }

  /// Lets everything take this much longer in `direction`.
  public void delay(Direction direction, Duration delay) {
    link(direction).delay(delay);
  }

  /// Breaks all connections with a reset.
  public void reset() {
    sockets.forEach(TcpProxy::abort);
  }

  /// Closes new connections at once.
  public void refuse() {
    isRefusing = true;
  }

  /// Ends all faults; what was held back goes on.
  public void heal() {
    isRefusing = false;
    for (Direction direction : Direction.values()) {
      link(direction).block(false);
      link(direction).delay(Duration.ZERO);
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
    reset();
    heal(); // whoever waits goes on, and finds its socket closed
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        if (isRefusing) {
          abort(client);
        } else {
          connect(client);
        }
      }
    } catch (IOException e) {
      if (!listening.isClosed()) {
        throw new UncheckedIOException("the proxy before " + target + " lets nobody in", e);
      }
    }
  }

  private void connect(Socket client) {
    Thread.ofVirtual()
        .name("proxy-connection")
        .start(
            () -> {
              Socket server = new Socket();
              try {
                sockets.add(client);
                server.connect(target);
                sockets.add(server);
                pass(client, server, forward);
                pass(server, client, backward);
                if (listening.isClosed()) {
                  reset();
                }
              } catch (IOException _) {
                end(client, server);
              }
            });
  }

  private void pass(Socket from, Socket to, Link link) {
    BlockingQueue<Chunk> underWay = new ArrayBlockingQueue<>(CHUNKS);
    Thread.ofVirtual().name("proxy-read").start(() -> read(from, to, underWay));
    Thread.ofVirtual().name("proxy-write").start(() -> write(from, to, underWay, link));
  }

  private void read(Socket from, Socket to, BlockingQueue<Chunk> underWay) {
    byte[] buffer = new byte[CHUNK_BYTES];
    try {
      try {
        var in = from.getInputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          underWay.put(new Chunk(ByteBuffer.wrap(Arrays.copyOf(buffer, read)), System.nanoTime()));
        }
      } catch (IOException _) {
        end(from, to); // a reset is passed on as one
      }
      underWay.put(Chunk.END);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(Socket from, Socket to, BlockingQueue<Chunk> underWay, Link link) {
    boolean isBroken = false;
    try {
      for (Chunk chunk = underWay.take(); chunk.bytes().hasRemaining(); chunk = underWay.take()) {
        link.await(chunk.arrivedNanos());
        isBroken = isBroken || !hasWritten(to, chunk);
        if (isBroken) {
          end(from, to); // and let the reader come to its end
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    endOf(from, to);
  }

  private static boolean hasWritten(Socket to, Chunk chunk) {
    try {
      to.getOutputStream().write(chunk.bytes().array());
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /// One direction has ended in order, or broken; closes both sockets if the other has too.
  private void endOf(Socket from, Socket to) {
    try {
      to.shutdownOutput();
      if (from.isOutputShutdown()) {
        sockets.remove(from);
        sockets.remove(to);
        from.close();
        to.close();
      }
    } catch (IOException _) {
      end(from, to);
    }
  }

  /// Both ends learn of it: whoever reads or writes there is woken.
  private void end(Socket one, Socket other) {
    sockets.remove(one);
    sockets.remove(other);
    abort(one);
    abort(other);
  }

  /// Closes with a reset instead of an orderly end.
  private static void abort(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException _) {
      return; // it is closed already
    }
  }
}
