package io.kvorum.testkit.cluster;

import io.kvorum.testkit.Directories;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.SmallDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One member of a [Cluster]: its place on this machine, and the process that runs there, if one
/// does. Its methods are for one thread at a time; what a process is asked for anyone may ask.
public final class ClusterMember implements AutoCloseable {
  /// Where a member lives.
  ///
  /// @param disk what `directory/disk` is, if it is not just a directory
  record Place(Path directory, Optional<SmallDisk> disk, Optional<ProcessFaults> processFaults) {}

  private static final int POLL_MILLIS = 20;
  static final String STATE_FLAG = "--initial-cluster-state=";

  private final int index;
  private final ServerKind kind;
  private final Place place;
  private final int clientPort;
  private final String peerUrl;
  private List<String> flags;
  private boolean isOut;
  private volatile @Nullable ServerProcess process; // none before the first start
  private boolean isClosed;

  ClusterMember(
      int index, ServerKind kind, Place place, String peerUrl, int clientPort, List<String> flags) {
    this.index = index;
    this.peerUrl = peerUrl;
    this.kind = kind;
    this.place = place;
    this.clientPort = clientPort;
    this.flags = List.copyOf(flags);
  }

  /// Counted from 0.
  public int index() {
    return index;
  }

  public String name() {
    return Cluster.name(index);
  }

  /// Has the member's data, in `disk/data`, and its output, in `server.log`.
  public Path directory() {
    return place.directory();
  }

  /// What all its processes said.
  public Path output() {
    return place.directory().resolve("server.log");
  }

  /// What it advertises to the others.
  public String peerUrl() {
    return peerUrl;
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

  /// Starts its process if none runs; does not wait until it is healthy. Does nothing once closed,
  /// and while it is out of the cluster.
  public synchronized void start() throws IOException {
    if (!isRunning() && !isClosed && !isOut) {
      Map<String, String> environment =
          place.processFaults().isPresent() ? place.processFaults().get().environment() : Map.of();
      process = ServerProcess.spawn(kind, place.directory(), environment, clientPort, flags);
    }
  }

  /// It was removed from the cluster: its process ends, by itself within `limit` or by SIGKILL, its
  /// data is deleted, and it does not start before [#joinAgain].
  public synchronized void leave(Duration limit) throws IOException, InterruptedException {
    ServerProcess current = process;
    long deadlineNanos = System.nanoTime() + limit.toNanos();
    while (current != null && current.isAlive() && System.nanoTime() < deadlineNanos) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    kill();
    process = null;
    isOut = true;
    Directories.delete(place.directory().resolve("disk").resolve("data"));
  }

  /// Whether it has left the cluster.
  public synchronized boolean isOut() {
    return isOut;
  }

  /// It was added to the cluster anew, and may start.
  public synchronized void joinAgain() {
    isOut = false;
    flags =
        flags.stream()
            .map(flag -> flag.startsWith(STATE_FLAG) ? STATE_FLAG + "existing" : flag)
            .toList();
  }

  /// SIGKILL; returns when it is gone.
  public void kill() {
    ServerProcess current = process;
    if (current != null) {
      current.kill();
    }
  }

  /// SIGTERM, and SIGKILL if it is still there after `limit`; returns whether that was not needed.
  public boolean terminate(Duration limit) throws InterruptedException {
    ServerProcess current = process;
    return current == null || !current.isAlive() || current.terminate(limit);
  }

  /// Whether its process has ended, and nobody asked it to.
  public boolean hasEndedByItself() {
    ServerProcess current = process;
    return current != null && current.hasEndedByItself();
  }

  /// The disk of its own that its data lies on, if the cluster was given such disks.
  public Optional<SmallDisk> disk() {
    return place.disk();
  }

  /// What can disturb its disk, if the cluster was given that.
  public Optional<ProcessFaults> processFaults() {
    return place.processFaults();
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
  public synchronized void close() {
    isClosed = true;
    kill();
    try {
      if (place.disk().isPresent()) {
        place.disk().get().close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot unmount the disk of " + name(), e);
    }
  }
}
