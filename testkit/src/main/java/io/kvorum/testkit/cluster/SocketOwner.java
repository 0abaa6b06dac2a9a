package io.kvorum.testkit.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// Finds out whose end of a connection on this machine is, as Linux knows it: a row of
/// `/proc/net/tcp` leads from the ports to the socket's inode, the process's open files to that.
final class SocketOwner {
  private static final Path NETWORK = Path.of("/proc/self/net");
  private static final List<String> TABLES = List.of("tcp", "tcp6");
  private static final int COLUMN_LOCAL = 1;
  private static final int COLUMN_REMOTE = 2;
  private static final int COLUMN_INODE = 9;

  private SocketOwner() {}

  /// The one of `processes` that holds the socket from `localPort` to `remotePort`; empty if none
  /// of them does, or does no longer.
  static OptionalLong of(int localPort, int remotePort, long... processes) throws IOException {
    Optional<String> inode = inode(localPort, remotePort);
    if (inode.isPresent()) {
      Path socket = Path.of("socket:[" + inode.get() + "]");
      for (long process : processes) {
        if (holds(process, socket)) {
          return OptionalLong.of(process);
        }
      }
    }
    return OptionalLong.empty();
  }

  private static Optional<String> inode(int localPort, int remotePort) throws IOException {
    String local = ":%04X".formatted(localPort);
    String remote = ":%04X".formatted(remotePort);
    for (String table : TABLES) {
      Path path = NETWORK.resolve(table);
      if (Files.exists(path)) {
        for (String line : Files.readAllLines(path)) {
          String[] columns = line.trim().split("\\s+", -1);
          if (columns[COLUMN_LOCAL].endsWith(local) && columns[COLUMN_REMOTE].endsWith(remote)) {
            return Optional.of(columns[COLUMN_INODE]);
          }
        }
      }
    }
    return Optional.empty();
  }

  private static boolean holds(long process, Path socket) {
    try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(process), "fd"))) {
      return files.anyMatch(file -> leadsTo(file, socket));
    } catch (IOException | UncheckedIOException _) {
      return false; // the process has ended
    }
  }

  private static boolean leadsTo(Path file, Path socket) {
    try {
      return Files.readSymbolicLink(file).equals(socket);
    } catch (IOException _) {
      return false; // closed meanwhile
    }
  }
}
