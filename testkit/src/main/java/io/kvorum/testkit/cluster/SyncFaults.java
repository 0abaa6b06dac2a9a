package io.kvorum.testkit.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// Makes the disk of one member slow, or broken: a library loaded into its process (`syncfault.c`)
/// stands before the system's sync calls. The server knows nothing of it.
public final class SyncFaults {
  private static final Path SOURCE =
      Path.of(System.getProperty("kvorum.root", "."), "testkit/src/main/c/syncfault.c")
          .toAbsolutePath();

  private final Path library;
  private final Path order;

  private SyncFaults(Path library, Path order) {
    this.library = library;
    this.order = order;
  }

  /// Compiles the library with the C compiler `compiler`.
  ///
  /// @param directory gets the library, and later the orders to it
  public static SyncFaults prepare(Path compiler, Path directory) throws IOException {
    Path library = directory.resolve("syncfault.so");
    Process build =
        new ProcessBuilder(
                compiler.toString(),
                "-shared",
                "-fPIC",
                "-O2",
                "-o",
                library.toString(),
                SOURCE.toString(),
                "-ldl")
            .redirectErrorStream(true)
            .start();
    String output = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (build.onExit().join().exitValue() != 0) {
      throw new IOException("cannot compile " + SOURCE + ":\n" + output);
    }
    return new SyncFaults(library, directory.resolve("sync-fault"));
  }

  /// What the process must have in its environment; it must use the system's C library.
  Map<String, String> environment() {
    return Map.of("LD_PRELOAD", library.toString(), "SYNC_FAULT", order.toString());
  }

  /// Every sync takes this much longer.
  public void delay(Duration delay) throws IOException {
    Files.writeString(order, "delay " + delay.toMillis());
  }

  /// Every sync fails.
  public void fail() throws IOException {
    Files.writeString(order, "fail");
  }

  /// As if nothing had been.
  public void heal() throws IOException {
    Files.deleteIfExists(order);
  }
}
