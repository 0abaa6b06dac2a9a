package io.kvorum.raft.snapshot;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.log.DirectoryFiles;
import io.kvorum.raft.log.LogFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The directory of a member's snapshots: those it sends, the one that comes, and those that came
/// (decision 10). Any thread; each of the three is the business of one at a time.
///
/// ```
/// outgoing-<n>               a checkpoint that is being sent
/// incoming                   what has come so far
/// received-<term>-<index>    complete and durable
/// ```
public final class SnapshotFolder {
  private static final String OUTGOING = "outgoing-";
  private static final String INCOMING = "incoming";
  private static final Pattern RECEIVED =
      Pattern.compile("received-([0-7][0-9a-f]{15})-([0-7][0-9a-f]{15})");
  private static final int HEX = 16;

  private final Path root;

  private SnapshotFolder(Path root) {
    this.root = root;
  }

  /// Opens the folder, made if it is missing, and removes what an earlier process has not finished.
  public static SnapshotFolder open(Path root) throws IOException {
    DirectoryFiles.at(root).forceDirectory();
    SnapshotFolder folder = new SnapshotFolder(root);
    for (String name : folder.names()) {
      if (name.startsWith(OUTGOING) || name.equals(INCOMING)) {
        deleteTree(root.resolve(name));
      }
    }
    return folder;
  }

  /// Where the checkpoint `number` of this boot is to be made.
  Path outgoing(long number) {
    return root.resolve(OUTGOING + hex(number));
  }

  /// Where the files of an incoming snapshot are collected.
  Path incoming() {
    return root.resolve(INCOMING);
  }

  /// The files of a new incoming snapshot; those of an earlier one are deleted.
  LogFiles newIncoming() throws IOException {
    deleteTree(incoming());
    return DirectoryFiles.at(incoming());
  }

  /// Bytes that may still be written.
  long usableBytes() throws IOException {
    return Files.getFileStore(root).getUsableSpace();
  }

  /// The incoming snapshot, whose files are durable, is complete. Durable when this returns. There
  /// must be none of this entry.
  void complete(EntryId last) throws IOException {
    DirectoryFiles.at(incoming()).forceDirectory();
    Files.move(incoming(), pathOf(last), StandardCopyOption.ATOMIC_MOVE);
    DirectoryFiles.at(root).forceDirectory();
  }

  /// The complete snapshot of the state after exactly this entry.
  public Optional<Path> received(EntryId last) {
    return Optional.of(pathOf(last)).filter(Files::isDirectory);
  }

  /// All complete snapshots, by index.
  public List<EntryId> received() throws IOException {
    List<EntryId> received = new ArrayList<>();
    for (String name : names()) {
      Matcher matcher = RECEIVED.matcher(name);
      if (matcher.matches()) {
        received.add(
            new EntryId(
                Long.parseLong(matcher.group(1), HEX), Long.parseLong(matcher.group(2), HEX)));
      }
    }
    received.sort(Comparator.comparingLong(EntryId::index));
    return received;
  }

  /// Deletes complete snapshots at or below `index`, which the state machine has got beyond, by
  /// installing one of them or otherwise.
  public void deleteReceivedUpTo(long index) throws IOException {
    for (EntryId last : received()) {
      if (last.index() <= index) {
        deleteTree(pathOf(last));
      }
    }
  }

  private Path pathOf(EntryId last) {
    return root.resolve("received-" + hex(last.term()) + "-" + hex(last.index()));
  }

  private static String hex(long number) {
    return String.format(Locale.ROOT, "%016x", number);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> paths = Files.list(root)) {
      return paths.map(path -> String.valueOf(path.getFileName())).sorted().toList();
    }
  }

  /// Deletes a directory with everything in it, if it is there.
  public static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
