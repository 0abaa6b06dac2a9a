package io.kvorum.raft.peer;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/// Passes bytes on between a dialler and a server, and cuts the connection after a number of those
/// that the dialler sends.
final class CuttingRelay implements Closeable {
  private final ServerSocket acceptor = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
  private final InetSocketAddress target;
  private final AtomicLong passed = new AtomicLong();
  private volatile long cutAfter = Long.MAX_VALUE;

  CuttingRelay(InetSocketAddress target) throws IOException {
    this.target = target;
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) acceptor.getLocalSocketAddress();
  }

  /// The next connection breaks after as many bytes.
  void cutAfter(long bytes) {
    passed.set(0);
    cutAfter = bytes;
  }

  /// Bytes of the dialler since the last [#cutAfter].
  long passed() {
    return passed.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket dialler = acceptor.accept();
        Socket server = new Socket(target.getAddress(), target.getPort());
        Thread.ofVirtual().start(() -> pass(server, dialler, Long.MAX_VALUE, new AtomicLong()));
        Thread.ofVirtual().start(() -> pass(dialler, server, cutAfter, passed));
      }
    } catch (IOException _) {
      // closed
    }
  }

  private static void pass(Socket from, Socket to, long limit, AtomicLong count) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] bytes = new byte[4096];
      while (count.get() < limit) {
        int read = in.read(bytes, 0, (int) Math.min(bytes.length, limit - count.get()));
        if (read < 0) {
          return;
        }
        out.write(bytes, 0, read);
        count.addAndGet(read);
      }
    } catch (IOException _) {
      // one side has gone, and so does the other
    }
  }

  @Override
  public void close() throws IOException {
    acceptor.close();
  }
}
