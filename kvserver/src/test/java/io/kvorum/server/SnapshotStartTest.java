package io.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.storage.Member;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.LogOptions;
import io.kvorum.raft.snapshot.SnapshotFolder;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.config.CommandLine;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.ServerFlags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Starts of a member that was killed after each step of taking over a snapshot (decision 10,
/// raft.md S4). It had applied entry 1; the snapshot is that of entry 40 in term 5.
class SnapshotStartTest {
  private static final EntryId LAST = new EntryId(5, 40);
  private static final String RECEIVED = "received-0000000000000005-0000000000000028";
  private static final String INSTALLED = "db-0000000000000028";

  @TempDir private Path directory;
  private Path member;
  private Path snapshots;
  private List<Member> members = List.of();

  @BeforeEach
  void found() throws Exception {
    member = directory.resolve("data/member");
    snapshots = member.resolve("snap");
    start(files -> members = List.copyOf(factsOf(files).membership().getMembersList()));
  }

  private interface Look {
    void at(MemberFiles files) throws IOException;
  }

  private static ClusterState factsOf(MemberFiles files) {
    return ClusterState.stored(files.store()::meta);
  }

  /// Starts a member, looks at its files, and stops it.
  private void start(Look look) throws Exception {
    MemberFiles files = MemberFiles.open(config(), LogOptions.defaults(System::nanoTime));
    try {
      look.at(files);
    } finally {
      files.recovery().log().close();
      files.close();
    }
  }

  private MemberConfig config() {
    CommandLine parsed =
        ServerFlags.parse(
            List.of("--data-dir", directory.resolve("data").toString()),
            Map.of(),
            () -> Optional.of("10.9.8.7"));
    return ((CommandLine.Run) parsed).config();
  }

  /// The state that another member has at an entry.
  private void putSnapshot(EntryId last, Path place) throws IOException {
    Path other = directory.resolve("other-" + last.index());
    try (MvccStore store = MvccStore.open(other, StoreOptions.defaults())) {
      ApplyBatch batch = store.newBatch();
      ClusterState.found(batch, members);
      WriteTxn txn = batch.write();
      var _ = txn.put(ByteString.copyFromUtf8("k"), ByteString.copyFromUtf8("v"), 0);
      assertThat(txn.end()).isEqualTo(2);
      var _ = batch.commit(last.index(), last.term());
      store.checkpoint(place);
    }
  }

  private void recordInLog(EntryId last) throws Exception {
    recordInLog(last, List.of());
  }

  private void recordInLog(EntryId last, List<Entry> entries) throws Exception {
    start(
        files ->
            files
                .recovery()
                .log()
                .append(
                    List.of(
                        new Persist(
                            1,
                            Optional.of(
                                new HardState(
                                    new Ballot(last.term(), Optional.empty()), last.index())),
                            entries,
                            Optional.of(
                                new SnapshotMarker(last, ClusterState.votersOf(members)))))));
  }

  private void assertStartsAt(EntryId applied, String... databases) throws Exception {
    for (int i = 0; i < 2; i++) {
      start(files -> assertThat(files.applied()).isEqualTo(applied));
      assertThat(names(snapshots)).isEmpty();
      assertThat(names(member).stream().filter(name -> name.startsWith("db")))
          .containsExactly(databases);
    }
  }

  private static List<String> names(Path place) throws IOException {
    try (Stream<Path> paths = Files.list(place)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void killedWhileFilesCame_started_forgetsThem() throws Exception {
    putSnapshot(LAST, snapshots.resolve("incoming"));

    assertStartsAt(new EntryId(1, 1), "db");
  }

  @Test
  void killedBeforeTheMarkerWasDurable_started_forgetsTheSnapshot() throws Exception {
    putSnapshot(LAST, snapshots.resolve(RECEIVED));

    assertStartsAt(new EntryId(1, 1), "db");
  }

  @Test
  void killedBeforeTheInstallation_started_installsFirst() throws Exception {
    recordInLog(LAST);
    putSnapshot(LAST, snapshots.resolve(RECEIVED));

    assertStartsAt(LAST, INSTALLED);
  }

  @Test
  void killedAfterTheRename_started_hasTheNewStateOnly() throws Exception {
    recordInLog(LAST);
    putSnapshot(LAST, member.resolve(INSTALLED));

    assertStartsAt(LAST, INSTALLED);
  }

  @Test
  void killedWhileTheOldStateWasDeleted_started_hasTheNewStateOnly() throws Exception {
    recordInLog(LAST);
    putSnapshot(LAST, member.resolve(INSTALLED));
    Files.delete(member.resolve("db/CURRENT"));

    assertStartsAt(LAST, INSTALLED);
  }

  @Test
  void severalSnapshotsReceived_started_installsTheOneTheLogBuildsOn() throws Exception {
    recordInLog(LAST);
    putSnapshot(new EntryId(5, 30), snapshots.resolve(RECEIVED.replace("28", "1e")));
    putSnapshot(LAST, snapshots.resolve(RECEIVED));
    putSnapshot(new EntryId(5, 50), snapshots.resolve(RECEIVED.replace("28", "32")));

    assertStartsAt(LAST, INSTALLED);
  }

  @Test
  void snapshotOfTheLogIsMissing_started_isRefusedAndNothingIsDeleted() throws Exception {
    recordInLog(LAST);
    putSnapshot(new EntryId(5, 30), snapshots.resolve(RECEIVED.replace("28", "1e")));

    assertThatThrownBy(() -> start(_ -> {}))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("the state store has applied 1, but the log starts at 41");
    assertThat(names(snapshots)).containsExactly(RECEIVED.replace("28", "1e"));
  }

  // Its entry is not the one that the log holds there.
  @Test
  void laterSnapshotContradictsTheLog_started_isNotInstalled() throws Exception {
    List<Entry> entries =
        LongStream.rangeClosed(41, 50)
            .mapToObj(index -> new Entry(new EntryId(5, index), EntryKind.NORMAL, ByteString.EMPTY))
            .toList();
    recordInLog(LAST, entries);
    putSnapshot(
        new EntryId(6, 50), snapshots.resolve(RECEIVED.replace("5-", "6-").replace("28", "32")));

    assertThatThrownBy(() -> start(_ -> {})).isInstanceOf(StartFailure.class);
  }

  @Test
  void installedMember_takesOverALaterSnapshot_hasThatOneOnly() throws Exception {
    recordInLog(LAST);
    putSnapshot(LAST, member.resolve(INSTALLED));
    EntryId later = new EntryId(6, 50);
    recordInLog(later);
    putSnapshot(later, snapshots.resolve("received-0000000000000006-0000000000000032"));

    assertStartsAt(later, "db-0000000000000032");
  }

  @Test
  void runningStore_installs_leavesNothingBehind() throws Exception {
    recordInLog(LAST);
    putSnapshot(LAST, member.resolve(INSTALLED));
    EntryId later = new EntryId(6, 50);
    start(
        files -> {
          putSnapshot(later, snapshots.resolve("received-0000000000000006-0000000000000032"));
          SnapshotMarker marker = new SnapshotMarker(later, ClusterState.votersOf(members));
          files.snapshots().installerOf(files.store()).install(marker);
          assertThat(files.applied()).isEqualTo(later);
          while (Files.exists(member.resolve(INSTALLED))) {
            Thread.onSpinWait();
          }
          assertThat(files.snapshots().receivedAfter(0)).isEmpty();
        });
  }

  @Test
  void checkpointOfTheStore_taken_namesStateAndMembers() throws Exception {
    start(
        files -> {
          StoreSnapshots state = new StoreSnapshots(files.store(), files.directory().temporary());
          Path place = snapshots.resolve("outgoing-1");

          SnapshotMarker marker = state.checkpoint(place);

          assertThat(marker)
              .isEqualTo(new SnapshotMarker(new EntryId(1, 1), ClusterState.votersOf(members)));
          state.verify(place, marker);
          assertThatThrownBy(
                  () -> state.verify(place, new SnapshotMarker(LAST, marker.configuration())))
              .isInstanceOf(IOException.class);
          SnapshotFolder.deleteTree(place);
        });
  }
}
