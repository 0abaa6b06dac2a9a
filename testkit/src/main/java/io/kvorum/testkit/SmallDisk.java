package io.kvorum.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file system of a few MiB in memory, to be filled to its end.
public final class SmallDisk implements AutoCloseable {
  private static final int BLOCK_BYTES = 64 << 10;

  private final Path root;

  private SmallDisk(Path root) {
    this.root = root;
  }

  /// Whether this process may mount one.
  public static boolean isAvailable(Path folder) throws IOException {
    Path probe = Files.createDirectory(folder.resolve("probe"));
    boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", probe.toString()) == 0;
    if (mounted) {
      new SmallDisk(probe).close();
    }
    Files.delete(probe);
    return mounted;
  }

  public static SmallDisk mount(Path root, int mebibytes) throws IOException {
    succeed(
        "mount",
        "-t",
        "tmpfs",
        "-o",
        "size=" + mebibytes + "m",
        "tmpfs",
        Files.createDirectories(root).toString());
    return new SmallDisk(root);
  }

  public Path root() {
    return root;
  }

  public void resize(int mebibytes) throws IOException {
    succeed("mount", "-o", "remount,size=" + mebibytes + "m", root.toString());
  }

  /// Takes all the room that is left.
  public void fill() throws IOException {
    byte[] block = new byte[BLOCK_BYTES];
    try (OutputStream filler = Files.newOutputStream(root.resolve("filler"))) {
      while (true) {
        filler.write(block);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  /// Gives back what [#fill] took.
  public void makeRoom() throws IOException {
    Files.delete(root.resolve("filler"));
  }

  private static void succeed(String... command) throws IOException {
    int status = run(command);
    if (status != 0) {
      throw new IOException(String.join(" ", command) + " ended with status " + status);
    }
  }

  private static int run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.onExit().join().exitValue();
    if (!output.isEmpty()) {
      System.out.print(output);
    }
    return status;
  }

  @Override
  public void close() throws IOException {
    succeed("umount", root.toString());
  }
}
