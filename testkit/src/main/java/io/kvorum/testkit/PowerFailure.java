package io.kvorum.testkit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// What a power failure does to files, after the process is gone: sectors that were written but not
/// synced are lost, any of them. Learned from the journal that `syncjournal.c` keeps.
///
/// Growth of a file beyond what was synced survives as a prefix, as on a journalling file system
/// that orders data before metadata; overwritten sectors below it survive or not, each for itself,
/// and those lost read as the zeros they were preallocated with.
public final class PowerFailure {
  private static final int SECTOR = 512;

  private final Path library;
  private final Path journal;
  private final Path root;

  /// What was there when the process started counts as synced, so far.
  private Map<String, Long> sizesAtStart = Map.of();

  private PowerFailure(Path library, Path journal, Path root) {
    this.library = library;
    this.journal = journal;
    this.root = root;
  }

  /// Compiles the library with the C compiler `compiler` into `work`; watches files below `root`.
  public static PowerFailure prepare(Path compiler, Path work, Path root) throws IOException {
    return new PowerFailure(
        CLibrary.compile(compiler, "syncjournal", work), work.resolve("sync.journal"), root);
  }

  /// What the process must have in its environment to be watched. Forgets what was not synced by
  /// the process before.
  public Map<String, String> environment() throws IOException {
    Files.deleteIfExists(journal);
    sizesAtStart = sizes();
    return Map.of(
        "LD_PRELOAD", library.toString(),
        "SYNC_JOURNAL", journal.toString(),
        "SYNC_ROOT", root.toRealPath().toString());
  }

  /// Takes unsynced bytes away and says how many sectors and how much growth were lost.
  public Loss strike(RandomGenerator random) throws IOException {
    Map<String, Unsynced> files = unsynced();
    long sectors = 0;
    long growth = 0;
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
        Unsynced file = files.get(name(path));
        if (file != null) {
          Loss loss = strike(path, file, random);
          sectors += loss.sectors();
          growth += loss.growthBytes();
        }
      }
    }
    return new Loss(sectors, growth);
  }

  /// What one power failure took away.
  public record Loss(long sectors, long growthBytes) {}

  private static Loss strike(Path path, Unsynced file, RandomGenerator random) throws IOException {
    long sectors = 0;
    long growth = 0;
    boolean losesAll = random.nextBoolean();
    try (RandomAccessFile content = new RandomAccessFile(path.toFile(), "rw")) {
      long size = content.length();
      if (size > file.syncedSize) {
        long kept = losesAll ? file.syncedSize : random.nextLong(file.syncedSize, size + 1);
        growth = size - kept;
        content.setLength(kept);
      }
      for (Range range : file.ranges) {
        long end = Math.min(range.end(), Math.min(file.syncedSize, content.length()));
        for (long at = range.start(); at < end; at = (at / SECTOR + 1) * SECTOR) {
          if (losesAll || random.nextBoolean()) {
            content.seek(at);
            content.write(new byte[(int) (Math.min((at / SECTOR + 1) * SECTOR, end) - at)]);
            sectors++;
          }
        }
      }
    }
    return new Loss(sectors, growth);
  }

  private static final class Unsynced {
    private final List<Range> ranges = new ArrayList<>();
    private long syncedSize;

    Unsynced(long syncedSize) {
      this.syncedSize = syncedSize;
    }
  }

  private record Range(long start, long end) {}

  private Map<String, Unsynced> unsynced() throws IOException {
    Map<String, Unsynced> files = new TreeMap<>();
    try (Stream<String> lines = Files.lines(journal)) {
      lines.forEach(
          line -> {
            String[] words = line.split(" ", -1);
            Unsynced file =
                files.computeIfAbsent(
                    words[1], name -> new Unsynced(sizesAtStart.getOrDefault(name, 0L)));
            long number = Long.parseLong(words[2]);
            switch (words[0]) {
              case "W" -> file.ranges.add(new Range(number, number + Long.parseLong(words[3])));
              case "S" -> {
                file.ranges.clear();
                file.syncedSize = number;
              }
              case "T" -> file.syncedSize = Math.min(file.syncedSize, number);
              default -> throw new IllegalStateException(line);
            }
          });
    }
    return files;
  }

  private Map<String, Long> sizes() throws IOException {
    Map<String, Long> sizes = new HashMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        sizes.put(name(path), Files.size(path));
      }
    }
    return sizes;
  }

  private static String name(Path path) throws IOException {
    long inode = ((Number) Files.getAttribute(path, "unix:ino")).longValue();
    long birth = ((FileTime) Files.getAttribute(path, "creationTime")).to(TimeUnit.NANOSECONDS);
    return inode + "-" + birth;
  }
}
