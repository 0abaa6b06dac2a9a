package io.kvorum.server;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A member's data directory: its lock, its identity, and where log and database live
/// (docs/decisions/0003-data-directory.md).
///
/// Opening it takes the exclusive lock, which [#close()] or the end of the process releases. A
/// directory that was never founded, or whose founding was cut short, comes back with a
/// [#foundation()], with which log and database must be made anew before [#founded()] is called.
final class DataDirectory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DataDirectory.class);

  private static final String DATABASE = "db";
  private static final Pattern INSTALLED = Pattern.compile(DATABASE + "-[0-9a-f]{16}");

  private final Path member;
  private final Path wal;
  private final FileChannel lockFile;
  private StoreIdentity identity;
  private Optional<Foundation> foundation;

  private DataDirectory(
      Path member,
      Path wal,
      FileChannel lockFile,
      StoreIdentity identity,
      Optional<Foundation> foundation) {
    this.member = member;
    this.wal = wal;
    this.lockFile = lockFile;
    this.identity = identity;
    this.foundation = foundation;
  }

  /// Says whose a new data directory is to be. Asked only when there is a need to know: later
  /// starts take the ids from the identity file.
  @FunctionalInterface
  interface Founding {
    Foundation decide() throws StartFailure;
  }

  /// Opens or founds `dataDirectory`.
  ///
  /// @param walDirectory where the Raft log lives, if not below the data directory
  /// @throws StartFailure if the directory cannot be used; nothing was changed then
  static DataDirectory open(Path dataDirectory, Optional<Path> walDirectory, Founding founding)
      throws StartFailure {
    Path member = dataDirectory.resolve("member");
    Path wal = walDirectory.orElse(member.resolve("wal"));
    try {
      prepare(dataDirectory, member);
      FileChannel lockFile = lock(member.resolve("LOCK"));
      try {
        return openLocked(member, wal, lockFile, founding);
      } catch (IOException | StartFailure e) {
        lockFile.close();
        throw e;
      }
    } catch (IOException e) {
      throw unusable(dataDirectory, e);
    }
  }

  /// What to say when the file system refuses something in a data directory.
  static StartFailure unusable(Path dataDirectory, IOException cause) {
    return new StartFailure("cannot use data directory " + dataDirectory + ": " + cause, cause);
  }

  private static DataDirectory openLocked(
      Path member, Path wal, FileChannel lockFile, Founding founding)
      throws IOException, StartFailure {
    Path file = member.resolve(StoreIdentity.FILE_NAME);
    Optional<StoreIdentity> known = StoreIdentity.read(file);
    DataDirectory directory;
    if (known.isEmpty() || known.get().state() == StoreIdentity.State.FOUNDING) {
      refuseStrayData(known, wal, member);
      Foundation foundation = founding.decide();
      StoreIdentity identity =
          new StoreIdentity(
              foundation.clusterId(),
              foundation.self(),
              UUID.randomUUID(),
              StoreIdentity.State.FOUNDING);
      directory = new DataDirectory(member, wal, lockFile, identity, Optional.of(foundation));
      identity.writeInto(member);
      deleteTree(wal);
      deleteTree(directory.database());
    } else {
      directory = new DataDirectory(member, wal, lockFile, known.get(), Optional.empty());
      requireFolders(wal, member);
      requireBoth(directory);
    }
    deleteTree(directory.temporary());
    Files.createDirectories(directory.temporary());
    Files.createDirectories(directory.wal());
    return directory;
  }

  /// Founding clears both places; what is no folder was not made by a member and must stay.
  private static void requireFolders(Path wal, Path member) throws StartFailure {
    for (Path part : List.of(wal, database(member))) {
      if (Files.exists(part) && !Files.isDirectory(part)) {
        throw new StartFailure("data directory cannot be used: " + part + " is not a directory");
      }
    }
  }

  /// Without an identity file, log or database belong to something we know nothing about.
  private static void refuseStrayData(Optional<StoreIdentity> known, Path wal, Path member)
      throws IOException, StartFailure {
    requireFolders(wal, member);
    if (known.isPresent()) {
      log.atWarn().log("founding of the data directory was cut short, starting it again");
      return;
    }
    for (Path part : List.of(wal, database(member))) {
      if (hasEntries(part)) {
        throw new StartFailure(
            "data directory has "
                + part
                + " but no identity file; it is damaged or belongs to another program");
      }
    }
  }

  private static void requireBoth(DataDirectory directory) throws IOException, StartFailure {
    for (Path part : List.of(directory.wal(), directory.database())) {
      if (!hasEntries(part)) {
        throw new StartFailure(
            "data directory is incomplete: "
                + part
                + " is missing or empty; a member whose log or state is lost must be removed from"
                + " the cluster and added again");
      }
    }
  }

  private static void prepare(Path dataDirectory, Path member) throws IOException, StartFailure {
    if (!Files.exists(dataDirectory)) {
      Files.createDirectories(dataDirectory);
      ownerOnly(dataDirectory);
    }
    if (!Files.isDirectory(dataDirectory)) {
      throw new StartFailure("data directory " + dataDirectory + " is not a directory");
    }
    if (Files.exists(dataDirectory.resolve("proxy"))) {
      throw new StartFailure(
          "data directory " + dataDirectory + " holds a v2 proxy, which is not supported");
    }
    try (Stream<Path> entries = Files.list(dataDirectory)) {
      entries
          .filter(entry -> !entry.equals(member))
          .sorted()
          .forEach(
              entry ->
                  log.atWarn()
                      .addKeyValue("path", entry)
                      .log("found invalid file under data directory"));
    }
    if (!Files.exists(member)) {
      Files.createDirectory(member);
      ownerOnly(member);
      syncDirectory(dataDirectory);
    }
  }

  private static void ownerOnly(Path directory) throws IOException {
    if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private static FileChannel lock(Path file) throws IOException, StartFailure {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // The same process holds it: an embedded member opened twice; same answer as below.
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw new StartFailure(
        "data directory is in use by another process: cannot lock " + file.toAbsolutePath());
  }

  /// Makes the founding durable: from now on log and database must both exist at every start.
  void founded() throws IOException {
    identity = identity.withState(StoreIdentity.State.MEMBER);
    identity.writeInto(member);
    foundation = Optional.empty();
  }

  /// What log and database are to be made with; empty once they are.
  Optional<Foundation> foundation() {
    return foundation;
  }

  StoreIdentity identity() {
    return identity;
  }

  Path wal() {
    return wal;
  }

  /// The state database in force.
  Path database() {
    return database(member);
  }

  /// The newest one: installing a snapshot gives it a name with its index (decision 10).
  private static Path database(Path member) {
    return databases(member).getLast();
  }

  /// All state databases, the one in force last.
  List<Path> databases() {
    return databases(member);
  }

  private static List<Path> databases(Path member) {
    List<Path> databases = new ArrayList<>();
    databases.add(member.resolve(DATABASE));
    String[] names = member.toFile().list((_, name) -> INSTALLED.matcher(name).matches());
    if (names != null) {
      Stream.of(names).sorted().map(member::resolve).forEach(databases::add);
    }
    return databases;
  }

  /// Where the database of the snapshot at `index` is to be.
  Path databaseAt(long index) {
    return member.resolve(String.format(Locale.ROOT, "%s-%016x", DATABASE, index));
  }

  /// Makes durable which databases there are.
  void syncDatabases() throws IOException {
    syncDirectory(member);
  }

  /// Where snapshots are that are sent and received.
  Path snapshots() {
    return member.resolve("snap");
  }

  /// Where the file of known peers is.
  Path peers() {
    return member;
  }

  Path temporary() {
    return member.resolve("tmp");
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }

  private static boolean hasEntries(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isPresent();
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
