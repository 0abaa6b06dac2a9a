package io.kvorum.testkit.cluster;

import io.kvorum.testkit.CLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// Makes the disk of one member slow, or broken: a library loaded into its process (`syncfault.c`)
/// stands before the system's sync calls. The server knows nothing of it.
public final class SyncFaults {
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
    return new SyncFaults(
        CLibrary.compile(compiler, "syncfault", directory), directory.resolve("sync-fault"));
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
