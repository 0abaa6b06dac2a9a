package io.kvorum.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A library of this module that is loaded into servers with `LD_PRELOAD`.
public final class CLibrary {
  private static final Path SOURCES =
      Path.of(System.getProperty("kvorum.root", "."), "testkit/src/main/c").toAbsolutePath();

  private CLibrary() {}

  /// Compiles `NAME.c` to `NAME.so` in `directory`, and returns its path.
  ///
  /// @param compiler takes the options of gcc
  public static Path compile(Path compiler, String name, Path directory) throws IOException {
    Path source = SOURCES.resolve(name + ".c");
    Path library = directory.resolve(name + ".so");
    Process build =
        new ProcessBuilder(
                compiler.toString(),
                "-shared",
                "-fPIC",
                "-O2",
                "-o",
                library.toString(),
                source.toString(),
                "-ldl")
            .redirectErrorStream(true)
            .start();
    String output = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (build.onExit().join().exitValue() != 0) {
      throw new IOException("cannot compile " + source + ":\n" + output);
    }
    return library;
  }
}
