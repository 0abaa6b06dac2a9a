package io.kvorum.testkit;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// One running server process, Kvorum or etcd, that answers on `127.0.0.1:clientPort()`.
///
/// Its output goes to the file `server.log` next to its data directory. Closing kills it; the
/// output of one that had ended by itself, unnoticed by its test, is shown then.
public final class ServerProcess implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  private final ProcessBuilder builder;
  private final Process process;
  private final int clientPort;
  private final Path output;
  private volatile boolean endExpected;

  private ServerProcess(ProcessBuilder builder, int clientPort, Path output) throws IOException {
    this.builder = builder;
    this.process = builder.start();
    this.clientPort = clientPort;
    this.output = output;
  }

  /// Starts the packaged Kvorum on `directory/default.etcd` and returns once it is healthy.
  ///
  /// @param flags further server flags
  public static ServerProcess kvorum(Path directory, String... flags) throws IOException {
    return kvorum(directory, Map.of(), flags);
  }

  /// Like [#kvorum(Path, String...)] with further environment variables.
  public static ServerProcess kvorum(
      Path directory, Map<String, String> environment, String... flags) throws IOException {
    return start(ServerKind.KVORUM, directory, environment, flags);
  }

  /// Starts the etcd found on the path.
  public static ServerProcess etcd(Path directory, String... flags) throws IOException {
    return start(ServerKind.ETCD, directory, Map.of(), flags);
  }

  private static ServerProcess start(
      ServerKind kind, Path directory, Map<String, String> environment, String... flags)
      throws IOException {
    int clientPort = Ports.free();
    String client = "http://127.0.0.1:" + clientPort;
    String peer = "http://127.0.0.1:" + Ports.free();
    List<String> all = new ArrayList<>();
    all.addAll(
        List.of(
            "--name=default",
            "--data-dir=" + directory.resolve("default.etcd"),
            "--listen-client-urls=" + client,
            "--advertise-client-urls=" + client,
            "--listen-peer-urls=" + peer,
            "--initial-advertise-peer-urls=" + peer,
            "--initial-cluster=default=" + peer));
    all.addAll(List.of(flags));
    ServerProcess server = spawn(kind, directory, environment, clientPort, all);
    server.awaitHealthy();
    return server;
  }

  /// Starts a server with exactly these flags, and returns at once.
  ///
  /// @param directory where its output goes
  /// @param clientPort the one that the flags name
  public static ServerProcess spawn(
      ServerKind kind,
      Path directory,
      Map<String, String> environment,
      int clientPort,
      List<String> flags)
      throws IOException {
    return spawn(kind.command(), directory, environment, clientPort, flags);
  }

  /// Like the other one, with any program that takes these flags.
  ///
  /// @param program its command line, without flags
  /// @param directory where its output goes
  /// @param clientPort the one that the flags name
  public static ServerProcess spawn(
      List<String> program,
      Path directory,
      Map<String, String> environment,
      int clientPort,
      List<String> flags)
      throws IOException {
    List<String> command = new ArrayList<>(program);
    command.addAll(flags);
    Path output = directory.resolve("server.log");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "1048576");
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    return new ServerProcess(builder, clientPort, output);
  }

  /// Starts the same server again, on its data and ports, after this process has ended.
  public ServerProcess again() throws IOException {
    ServerProcess server = spawnedAgain();
    server.awaitHealthy();
    return server;
  }

  /// Like [#again], but returns at once.
  public ServerProcess spawnedAgain() throws IOException {
    return new ServerProcess(builder, clientPort, output);
  }

  /// A program on the path; tests that need one are skipped without it.
  public static Optional<Path> program(String name) {
    for (String folder :
        System.getenv().getOrDefault("PATH", "").split(System.getProperty("path.separator"), -1)) {
      Path candidate = Path.of(folder, name);
      if (Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /// Returns once it answers that it is healthy, and so has a leader.
  ///
  /// @throws IOException if it ends, or takes longer than a minute; it is killed then
  public void awaitHealthy() throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + clientPort + "/health"))
            .timeout(Duration.ofSeconds(2))
            .build();
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    try {
      while (System.nanoTime() < deadline) {
        try {
          if (HTTP.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200) {
            return;
          }
        } catch (IOException e) {
          // Not listening yet.
        }
        if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
          throw new IOException("server ended with status " + process.exitValue() + ":\n" + said());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the server started", e);
    }
    process.destroyForcibly();
    throw new IOException("server not healthy in time:\n" + said());
  }

  public int clientPort() {
    return clientPort;
  }

  /// `127.0.0.1:port`, as clients take it.
  public String endpoint() {
    return "127.0.0.1:" + clientPort;
  }

  public long pid() {
    return process.pid();
  }

  public Path output() {
    return output;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /// Resident memory (`VmRSS`), as Linux counts it.
  ///
  /// @throws IOException if the process is gone, or the system is not Linux
  public long residentBytes() throws IOException {
    for (String line : Files.readAllLines(facts().resolve("status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no VmRSS of process " + pid());
  }

  /// Files and sockets it has open, as Linux counts them.
  ///
  /// @throws IOException if the process is gone, or the system is not Linux
  public long openFiles() throws IOException {
    try (Stream<Path> files = Files.list(facts().resolve("fd"))) {
      return files.count();
    }
  }

  private Path facts() {
    return Path.of("/proc", Long.toString(pid()));
  }

  /// Waits until the process has ended by itself and returns its exit status.
  ///
  /// @throws IOException if it still runs after `limit`
  public int awaitExit(Duration limit) throws IOException, InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException("server still runs after " + limit);
    }
    endExpected = true;
    return process.exitValue();
  }

  /// SIGKILL; returns when the process is gone.
  public void kill() {
    endExpected = true;
    process.destroyForcibly();
    process.onExit().join();
  }

  /// SIGTERM; returns the exit status when the process is gone.
  public int terminate() {
    endExpected = true;
    process.destroy();
    process.onExit().join();
    return process.exitValue();
  }

  /// SIGTERM, and SIGKILL if it is still there after `limit`; returns whether that was not needed.
  public boolean terminate(Duration limit) throws InterruptedException {
    endExpected = true;
    process.destroy();
    boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    kill();
    return ended;
  }

  /// Whether it has ended, and nobody asked it to.
  public boolean hasEndedByItself() {
    return !process.isAlive() && !endExpected;
  }

  /// SIGSTOP: the process stands still, its connections stay.
  public void pause() throws IOException {
    signal("STOP");
  }

  /// SIGCONT after [#pause].
  public void resume() throws IOException {
    signal("CONT");
  }

  private void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
    int status = kill.onExit().join().exitValue();
    if (status != 0 && process.isAlive()) {
      throw new IOException("kill -%s %d ended with status %d".formatted(name, pid(), status));
    }
  }

  @Override
  public void close() {
    if (!process.isAlive() && !endExpected) {
      System.out.printf("server ended with status %d:%n%s%n", process.exitValue(), said());
    }
    kill();
  }

  private String said() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return "(its output cannot be read: " + e + ")";
    }
  }
}
