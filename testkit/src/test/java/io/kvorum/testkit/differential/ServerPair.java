package io.kvorum.testkit.differential;

import io.kvorum.testkit.Directories;
import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/// Two fresh servers to compare: an etcd as the reference, and the subject.
///
/// Their data lies in memory where the machine has such a directory: what a disk does is not
/// compared here, and tens of thousands of forced writes would cost minutes.
record ServerPair(
    Path directory,
    ServerProcess referenceProcess,
    ServerProcess subjectProcess,
    Peer reference,
    Peer subject)
    implements AutoCloseable {
  private static final Path MEMORY = Path.of("/dev/shm");

  /// With these a lease of the least time lives for 6 s and outlives any stall of the machine.
  private static final String[] SLOW_ELECTIONS = {
    "--heartbeat-interval=400", "--election-timeout=4000"
  };

  private interface Start {
    ServerProcess in(Path directory) throws IOException;
  }

  /// With these it lives for one second.
  private static final String[] FAST_ELECTIONS = {
    "--heartbeat-interval=50", "--election-timeout=500"
  };

  /// What is compared with an etcd.
  enum Subject {
    KVORUM,
    ETCD
  }

  static ServerPair start(Subject subject) throws IOException {
    return start(subject, SLOW_ELECTIONS);
  }

  static ServerPair startWithShortLeases(Subject subject) throws IOException {
    return start(subject, FAST_ELECTIONS);
  }

  private static ServerPair start(Subject subject, String... flags) throws IOException {
    return switch (subject) {
      case KVORUM ->
          start(at -> ServerProcess.kvorum(at, flags), "Kvorum", Peer.Dialect.BASELINE_3_8, flags);
      case ETCD ->
          start(at -> ServerProcess.etcd(at, flags), "etcd twin", Peer.Dialect.ETCD_3_4, flags);
    };
  }

  /// Starts both at once: an etcd waits for seconds before it elects itself.
  private static ServerPair start(
      Start subjectStart, String subject, Peer.Dialect dialect, String... flags)
      throws IOException {
    Path directory = freshDirectory();
    Path etcdFolder = folder(directory, "etcd");
    Path subjectFolder = folder(directory, "subject");
    CompletableFuture<ServerProcess> etcd =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return ServerProcess.etcd(etcdFolder, flags);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    ServerProcess subjectProcess = subjectStart.in(subjectFolder);
    ServerProcess etcdProcess = etcd.join();
    return new ServerPair(
        directory,
        etcdProcess,
        subjectProcess,
        new Peer("etcd", Peer.Dialect.ETCD_3_4, etcdProcess.endpoint()),
        new Peer(subject, dialect, subjectProcess.endpoint()));
  }

  private static Path freshDirectory() throws IOException {
    return Files.isWritable(MEMORY)
        ? Files.createTempDirectory(MEMORY, "kvorum-differential-")
        : Files.createTempDirectory("kvorum-differential-");
  }

  private static Path folder(Path directory, String name) throws IOException {
    return Files.createDirectory(directory.resolve(name));
  }

  @Override
  public void close() throws IOException {
    reference.close();
    subject.close();
    referenceProcess.close();
    subjectProcess.close();
    Directories.delete(directory);
  }
}
