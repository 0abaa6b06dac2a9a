package io.kvorum.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Directories of servers.
public final class Directories {
  private Directories() {}

  /// Deletes `directory`, if it is there, and everything in it.
  public static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> contentsFirst;
    try (Stream<Path> files = Files.walk(directory)) {
      contentsFirst = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : contentsFirst) {
      Files.delete(file);
    }
  }
}
