package io.kvorum.mvcc.rocks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.rocksdb.NativeLibraryLoader;

/// RocksDB's native code, unpacked from its jar into a directory the operator chose.
///
/// RocksDB unpacks to a fixed name and would replace a file another process is just loading, so
/// each load gets a directory of its own. It is removed at once: the loaded code stays mapped.
final class NativeLibrary {
  private NativeLibrary() {}

  /// Loads the library unless this JVM has it already.
  static void load(Path directory) {
    try {
      Files.createDirectories(directory);
      Path own = Files.createTempDirectory(directory, "kvorum-rocksdb-");
      try {
        NativeLibraryLoader.getInstance().loadLibrary(own.toString());
      } finally {
        remove(own);
      }
    } catch (IOException | UncheckedIOException | UnsatisfiedLinkError e) {
      throw new StoreUnusable(
          StoreUnusable.Reason.NO_NATIVE_LIBRARY,
          "cannot load RocksDB's native library from " + directory + ": " + e.getMessage(),
          e);
    }
  }

  private static void remove(Path own) throws IOException {
    List<Path> files;
    try (Stream<Path> entries = Files.list(own)) {
      files = entries.toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
    Files.delete(own);
  }
}
