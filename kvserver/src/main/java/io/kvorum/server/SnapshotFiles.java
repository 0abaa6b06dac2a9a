package io.kvorum.server;

import io.kvorum.mvcc.MvccStore;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.snapshot.SnapshotFolder;
import io.kvorum.server.apply.SnapshotInstaller;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Received snapshots on their way into the place of the state database (decision 10).
///
/// One rename decides which state is in force; what it leaves behind is deleted when nobody reads
/// it any more, or at the next start.
final class SnapshotFiles {
  private static final Logger log = LoggerFactory.getLogger(SnapshotFiles.class);

  private final DataDirectory directory;
  private final SnapshotFolder folder;

  private SnapshotFiles(DataDirectory directory, SnapshotFolder folder) {
    this.directory = directory;
    this.folder = folder;
  }

  /// Removes what an earlier process has not finished.
  static SnapshotFiles open(DataDirectory directory) throws IOException {
    return new SnapshotFiles(directory, SnapshotFolder.open(directory.snapshots()));
  }

  SnapshotFolder folder() {
    return folder;
  }

  /// Complete snapshots of a later state than this one, by index.
  List<EntryId> receivedAfter(long appliedIndex) throws IOException {
    return folder.received().stream().filter(last -> last.index() > appliedIndex).toList();
  }

  /// Puts a complete snapshot in force, durably, and returns where its database is now.
  Path moveIntoPlace(EntryId last) throws IOException {
    Path received =
        folder
            .received(last)
            .orElseThrow(() -> new IOException("the snapshot of " + last + " is missing"));
    Path database = directory.databaseAt(last.index());
    Files.move(received, database, StandardCopyOption.ATOMIC_MOVE);
    directory.syncDatabases();
    DataDirectory.syncDirectory(directory.snapshots());
    return database;
  }

  /// Has `store` go on with what was received. Called through by the thread `apply`.
  SnapshotInstaller installerOf(MvccStore store) {
    return snapshot -> install(store, snapshot);
  }

  private void install(MvccStore store, SnapshotMarker snapshot) {
    try {
      Path replaced = directory.database();
      Path database = moveIntoPlace(snapshot.id());
      var closed = store.install(database);
      log.atInfo()
          .addKeyValue("entry", snapshot.id())
          .addKeyValue("revision", store.head())
          .log("installed snapshot");
      var _ = closed.thenRun(() -> delete(replaced));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot install the snapshot of " + snapshot.id(), e);
    }
  }

  /// The state up to `index` is durable: received snapshots of earlier ones are of no use any more.
  void stateDurable(long index) {
    try {
      folder.deleteReceivedUpTo(index);
    } catch (IOException e) {
      log.atWarn().setCause(e).log("cannot delete a received snapshot");
    }
  }

  /// Deletes every state but the one in force, once that and the log are known to fit together.
  void deleteLeftovers() throws IOException {
    folder.deleteReceivedUpTo(Long.MAX_VALUE);
    List<Path> databases = directory.databases();
    for (Path replaced : databases.subList(0, databases.size() - 1)) {
      SnapshotFolder.deleteTree(replaced);
    }
  }

  private static void delete(Path replaced) {
    try {
      SnapshotFolder.deleteTree(replaced);
    } catch (IOException e) {
      log.atWarn().setCause(e).log("cannot delete the state that a snapshot has replaced");
    }
  }
}
