package io.kvorum.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Which server a process runs; both take etcd's flags.
public enum ServerKind {
  /// The packaged Kvorum of this checkout; classes in `-Dkvorum.server.patch=DIRECTORY` go before.
  /// With `-Dkvorum.launcher=SCRIPT` the script starts it, as it does for users.
  KVORUM,
  /// The etcd found on the path.
  ETCD;

  /// How to start it, without flags.
  ///
  /// @throws IOException if it is not there
  public List<String> command() throws IOException {
    return switch (this) {
      case KVORUM -> {
        String launcher = System.getProperty("kvorum.launcher", "");
        yield launcher.isEmpty() ? kvorum(serverClassPath()) : List.of(launcher, "server");
      }
      case ETCD ->
          List.of(
              ServerProcess.program("etcd")
                  .orElseThrow(() -> new IOException("no etcd on the path"))
                  .toString());
    };
  }

  /// How to start an earlier Kvorum, whose class path is the value of `-Dkvorum.older`; empty if
  /// there is none.
  public static Optional<List<String>> olderKvorum() {
    return Optional.of(System.getProperty("kvorum.older", ""))
        .filter(classPath -> !classPath.isBlank())
        .map(ServerKind::kvorum);
  }

  private static List<String> kvorum(String classPath) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xms64m",
            "-Xmx512m",
            "-XX:NewSize=32m",
            "-XX:MaxNewSize=96m",
            "-XX:SurvivorRatio=4",
            "-XX:MaxDirectMemorySize=1t",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-cp", classPath, "io.kvorum.server.Main"));
    return command;
  }

  /// The class path of the packaged server.
  private static String serverClassPath() throws IOException {
    Path target =
        Path.of(System.getProperty("kvorum.root", "."), "kvserver", "target").toAbsolutePath();
    List<String> jars = new ArrayList<>();
    String patch = System.getProperty("kvorum.server.patch", "");
    if (!patch.isEmpty()) {
      jars.add(patch);
    }
    for (Path folder : List.of(target, target.resolve("dist").resolve("lib"))) {
      try (Stream<Path> files = Files.list(folder)) {
        files
            .map(Path::toString)
            .filter(file -> file.endsWith(".jar"))
            .filter(file -> !file.endsWith("-tests.jar") && !file.endsWith("-sources.jar"))
            .sorted()
            .forEach(jars::add);
      }
    }
    return String.join(System.getProperty("path.separator"), jars);
  }
}
