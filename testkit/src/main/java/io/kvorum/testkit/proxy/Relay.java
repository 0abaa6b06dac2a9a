package io.kvorum.testkit.proxy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;

/// The connections from one place to another, each made of two: what comes on one is sent on the
/// other, when the link of its direction lets it.
///
/// Memory is bounded: of each direction of a connection a quarter of a mebibyte is under way, then
/// the sender is held up.
public final class Relay {
  private static final int CHUNK_BYTES = 8 << 10;
  private static final int CHUNKS = 32;

  private record Chunk(ByteBuffer bytes, long arrivedNanos) {
    static final Chunk END = new Chunk(ByteBuffer.allocate(0), 0);
  }

  private final InetSocketAddress target;
  private final Link forward;
  private final Link backward;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean isClosed;

  /// @param forward the way from those who connect to `target`
  /// @param backward the way back
  public Relay(InetSocketAddress target, Link forward, Link backward) {
    this.target = target;
    this.forward = forward;
    this.backward = backward;
  }

  /// Breaks all connections with a reset.
  public void reset() {
    sockets.forEach(Relay::abort);
  }

  /// Breaks all connections, those being made included.
  public void close() {
    isClosed = true;
    reset();
  }

  /// Connects one that has come on to the target; breaks it if that cannot be reached.
  public void connect(Socket client) {
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
                if (isClosed) {
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
  static void abort(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException _) {
      return; // it is closed already
    }
  }
}
