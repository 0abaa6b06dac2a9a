package io.kvorum.benchmarks;

import io.kvorum.testkit.Ports;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One member of a [MemberGroup]: ports and a directory of its own, and the process that runs there
/// now and then. Used by one thread; the end of this process may kill it.
final class GroupMember {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final ServerKind kind;
  private final String name;
  private final Path directory;
  private final int clientPort = Ports.free();
  private final String peerUrl = "http://127.0.0.1:" + Ports.free();
  private volatile @Nullable ServerProcess process; // none while it is stopped

  GroupMember(ServerKind kind, String name, Path directory) throws IOException {
    this.kind = kind;
    this.name = name;
    this.directory = Files.createDirectories(directory);
  }

  String endpoint() {
    return "127.0.0.1:" + clientPort;
  }

  int clientPort() {
    return clientPort;
  }

  String peerUrl() {
    return peerUrl;
  }

  /// As it stands in `--initial-cluster`.
  String founder() {
    return name + "=" + peerUrl;
  }

  Path data() {
    return directory.resolve("data");
  }

  Path saved() {
    return directory.resolve("saved");
  }

  /// Starts its process and returns at once.
  ///
  /// @param state `new` or `existing`
  void start(String founders, String state, List<String> flags) throws IOException {
    String clientUrl = "http://" + endpoint();
    List<String> all = new ArrayList<>();
    all.add("--name=" + name);
    all.add("--data-dir=" + data());
    all.add("--listen-client-urls=" + clientUrl);
    all.add("--advertise-client-urls=" + clientUrl);
    all.add("--listen-peer-urls=" + peerUrl);
    all.add("--initial-advertise-peer-urls=" + peerUrl);
    all.add("--initial-cluster=" + founders);
    all.add("--initial-cluster-state=" + state);
    all.addAll(flags);
    process = ServerProcess.spawn(kind, directory, Map.of(), clientPort, all);
  }

  void awaitHealthy() throws IOException {
    running().awaitHealthy();
  }

  boolean isRunning() {
    ServerProcess current = process;
    return current != null && current.isAlive();
  }

  ServerProcess running() throws IOException {
    ServerProcess current = process;
    if (current == null || !current.isAlive()) {
      throw new IOException(name + " does not run; see " + directory.resolve("server.log"));
    }
    return current;
  }

  void stop() throws InterruptedException {
    ServerProcess current = process;
    if (current != null) {
      boolean _ = current.terminate(STOP_LIMIT);
      process = null;
    }
  }

  void kill() {
    ServerProcess current = process;
    if (current != null) {
      current.kill();
      process = null;
    }
  }
}
