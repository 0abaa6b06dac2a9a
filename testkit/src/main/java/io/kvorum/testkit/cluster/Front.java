package io.kvorum.testkit.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What listens where a member is said to be. Open while its process runs: who dials a dead one is
/// refused, as the kernel would have it without anything in between.
final class Front implements AutoCloseable {
  private static final int BACKLOG = 128;
  private static final int POLL_MILLIS = 5;

  private final int port;
  private final BooleanSupplier isRunning;
  private final Consumer<Socket> callers;
  private @Nullable ServerSocket listening; // while the process runs
  private boolean isClosed;

  /// @param callers gets every connection, in a thread of its own
  Front(int port, BooleanSupplier isRunning, Consumer<Socket> callers) {
    this.port = port;
    this.isRunning = isRunning;
    this.callers = callers;
    Thread.ofVirtual().name("front-" + port).start(this::watch);
  }

  int port() {
    return port;
  }

  private void watch() {
    try {
      while (follow(isRunning.getAsBoolean())) {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on port " + port, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean follow(boolean isOpen) throws IOException {
    if (isClosed) {
      return false;
    }
    if (isOpen && listening == null) {
      ServerSocket opened = new ServerSocket(port, BACKLOG, InetAddress.getLoopbackAddress());
      listening = opened;
      Thread.ofVirtual().name("front-accept").start(() -> accept(opened));
    } else if (!isOpen && listening != null) {
      listening.close();
      listening = null;
    }
    return true;
  }

  private void accept(ServerSocket from) {
    try {
      while (true) {
        Socket caller = from.accept();
        Thread.ofVirtual().name("front-connection").start(() -> callers.accept(caller));
      }
    } catch (IOException e) {
      if (!from.isClosed()) {
        throw new UncheckedIOException("nobody is let in on port " + port, e);
      }
    }
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    try {
      if (listening != null) {
        listening.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
