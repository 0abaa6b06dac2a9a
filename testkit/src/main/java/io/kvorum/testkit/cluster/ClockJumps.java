package io.kvorum.testkit.cluster;

import io.kvorum.testkit.CLibrary;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// Sets the wall clock of one member apart from everybody else's: a library loaded into its process
/// (`clockjump.c`) stands before the system's calls. Durations are measured as before.
public final class ClockJumps {
  private final Path library;
  private final Path offset;

  private ClockJumps(Path library, Path offset) {
    this.library = library;
    this.offset = offset;
  }

  /// Compiles the library with the C compiler `compiler`.
  ///
  /// @param directory gets the library, and the offset
  public static ClockJumps prepare(Path compiler, Path directory) throws IOException {
    ClockJumps jumps =
        new ClockJumps(
            CLibrary.compile(compiler, "clockjump", directory), directory.resolve("clock-jump"));
    Files.write(jumps.offset, new byte[Long.BYTES]);
    return jumps;
  }

  /// What the process must have in its environment; it must use the system's C library.
  Map<String, String> environment() {
    return Map.of("LD_PRELOAD", library.toString(), "CLOCK_JUMP", offset.toString());
  }

  /// The clock is ahead by this much from now on, or behind if it is negative.
  public void jumpTo(Duration ahead) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    try (RandomAccessFile file = new RandomAccessFile(offset.toFile(), "rw")) {
      file.write(bytes.putLong(ahead.toNanos()).array()); // in place: the process has it mapped
    }
  }
}
