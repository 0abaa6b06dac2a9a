package io.kvorum.testkit.cluster;

import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One member of a [Cluster]: its place on this machine, and the process that runs there, if one
/// does. Its methods are for one thread at a time; what a process is asked for anyone may ask.
public final class ClusterMember implements AutoCloseable {
  private final int index;
  private final ServerKind kind;
  private final Path directory;
  private final int clientPort;
  private final List<String> flags;
  private final Map<String, String> environment;
  private volatile @Nullable ServerProcess process; // none before the first start

  ClusterMember(
      int index,
      ServerKind kind,
      Path directory,
      int clientPort,
      List<String> flags,
      Map<String, String> environment) {
    this.index = index;
    this.kind = kind;
    this.directory = directory;
    this.clientPort = clientPort;
    this.flags = List.copyOf(flags);
    this.environment = Map.copyOf(environment);
  }

  /// Counted from 0.
  public int index() {
    return index;
  }

  public String name() {
    return Cluster.name(index);
  }

  /// Has the member's data, in `data`, and its output, in `server.log`.
  public Path directory() {
    return directory;
  }

  /// `127.0.0.1:port`, as clients take it.
  public String endpoint() {
    return "127.0.0.1:" + clientPort;
  }

  public boolean isRunning() {
    ServerProcess current = process;
    return current != null && current.isAlive();
  }

  OptionalLong pid() {
    ServerProcess current = process;
    return current != null && current.isAlive()
        ? OptionalLong.of(current.pid())
        : OptionalLong.empty();
  }

  /// Starts its process if none runs; does not wait until it is healthy.
  public void start() throws IOException {
    if (!isRunning()) {
      process = ServerProcess.spawn(kind, directory, environment, clientPort, flags);
    }
  }

  /// SIGKILL; returns when it is gone.
  public void kill() {
    ServerProcess current = process;
    if (current != null) {
      current.kill();
    }
  }

  /// SIGTERM; returns when it is gone.
  public void terminate() {
    ServerProcess current = process;
    if (current != null && current.isAlive()) {
      int _ = current.terminate();
    }
  }

  /// SIGSTOP.
  public void pause() throws IOException {
    ServerProcess current = process;
    if (current != null && current.isAlive()) {
      current.pause();
    }
  }

  /// SIGCONT.
  public void resume() throws IOException {
    ServerProcess current = process;
    if (current != null && current.isAlive()) {
      current.resume();
    }
  }

  /// Waits until it is healthy, and so has a leader.
  ///
  /// @throws IOException if it ends instead, or does not run
  public void awaitHealthy() throws IOException {
    ServerProcess current = process;
    if (current == null) {
      throw new IOException(name() + " was never started");
    }
    current.awaitHealthy();
  }

  @Override
  public void close() {
    kill();
  }
}
