package io.kvorum.raft.log;

import static io.kvorum.raft.log.LogFixture.FOUNDING;
import static io.kvorum.raft.log.LogFixture.IDENTITY;
import static io.kvorum.raft.log.LogFixture.OPTIONS;
import static io.kvorum.raft.log.LogFixture.append;
import static io.kvorum.raft.log.LogFixture.entries;
import static io.kvorum.raft.log.LogFixture.everything;
import static io.kvorum.raft.log.LogFixture.founded;
import static io.kvorum.raft.log.LogFixture.hardState;
import static io.kvorum.raft.log.LogFixture.mark;
import static io.kvorum.raft.log.LogFixture.open;
import static io.kvorum.raft.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Persist;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The log as its users see it (W5, RC7).
class SegmentedLogTest {
  @Test
  void newLog_opened_startsAfterTheFoundingMarker() throws IOException {
    RecoveredLog said = open(founded()).recovered();

    assertThat(said.hardState().commitIndex()).isEqualTo(1);
    assertThat(said.marker()).contains(FOUNDING);
    assertThat(said.firstIndex()).isEqualTo(2);
    assertThat(said.last()).isEqualTo(new EntryId(1, 1));
    assertThat(said.terms()).isEmpty();
    assertThat(said.bootEpoch()).isEqualTo(1);
  }

  @Test
  void configurations_recovered_nameTheNewestThatIsCommitted() throws IOException {
    FaultyFiles files = founded();
    try (SegmentedLog log = open(files).log()) {
      append(log, write(hardState(3, 1), entries(3, 2, 2, 20)));
      append(log, write(hardState(3, 5), List.of(configuration(4), configuration(5))));
      append(log, write(List.of(configuration(6))));
    }

    assertThat(open(files).recovered().committedConfiguration()).isEqualTo(5);
  }

  private static Entry configuration(long index) {
    return new Entry(new EntryId(3, index), EntryKind.CONFIGURATION, ByteString.EMPTY);
  }

  @Test
  void realDirectory_entriesOverManySegments_areReadBackAfterReopening(@TempDir Path directory)
      throws IOException {
    DirectoryFiles files = DirectoryFiles.at(directory.resolve("wal"));
    SegmentedLog.create(files, IDENTITY, OPTIONS, FOUNDING);
    List<Entry> written = entries(3, 2, 200, 300);
    try (SegmentedLog log = open(files).log()) {
      for (int i = 0; i < written.size(); i += 5) {
        append(log, write(hardState(3, 1), written.subList(i, i + 5)));
      }
      assertThat(log.read(2, 202, Long.MAX_VALUE)).isEqualTo(written);
    }

    Recovery again = open(files);
    try (SegmentedLog log = again.log()) {
      assertThat(everything(again)).isEqualTo(written);
      assertThat(again.recovered().terms()).containsExactly(new TermRun(new EntryId(3, 2)));
      assertThat(again.recovered().bootEpoch()).isEqualTo(2);
      assertThat(log.read(50, 202, 1000)).isEqualTo(written.subList(48, 51));
      assertThat(log.read(50, 202, 1)).hasSize(1);
    }
  }

  @Test
  void secondOpener_sameDirectory_isRefused(@TempDir Path directory) throws IOException {
    DirectoryFiles files = DirectoryFiles.at(directory);
    SegmentedLog.create(files, IDENTITY, OPTIONS, FOUNDING);
    try (SegmentedLog _ = open(files).log()) {
      assertThatThrownBy(() -> open(DirectoryFiles.at(directory)))
          .isInstanceOfSatisfying(
              UnusableLogException.class,
              e -> assertThat(e.reason()).isEqualTo(UnusableLogException.Reason.LOCKED));
    }
  }

  @Test
  void entryWithAnEarlierIndex_appended_discardsWhatStoodFromThereOn() throws IOException {
    FaultyFiles files = founded();
    try (SegmentedLog log = open(files).log()) {
      append(log, write(hardState(2, 1), entries(2, 2, 9, 20)));
      append(log, write(entries(2, 11, 2, 20)), write(hardState(4, 1), entries(4, 7, 2, 20)));
      assertThat(log.read(2, 9, 1000)).hasSize(7).endsWith(entries(4, 8, 1, 20).getFirst());
    }

    Recovery again = open(files);

    assertThat(again.recovered().last()).isEqualTo(new EntryId(4, 8));
    assertThat(again.recovered().terms())
        .containsExactly(new TermRun(new EntryId(2, 2)), new TermRun(new EntryId(4, 7)));
    List<Entry> expected = new ArrayList<>(entries(2, 2, 5, 20));
    expected.addAll(entries(4, 7, 2, 20));
    assertThat(everything(again)).isEqualTo(expected);
  }

  @Test
  void prefixBelowADurableMarker_dropped_givesUpWholeSegmentsOnly() throws IOException {
    FaultyFiles files = founded();
    Recovery first = open(files);
    SegmentedLog log = first.log();
    for (int i = 0; i < 40; i++) {
      append(log, write(hardState(2, 1), entries(2, 2 + 5 * i, 5, 200)));
    }
    int before = segments(files);

    log.dropPrefix(100);
    int withoutMarker = segments(files);
    append(log, mark(2, 100));
    log.dropPrefix(100);
    log.close();

    assertThat(withoutMarker).isEqualTo(before);
    assertThat(segments(files)).isBetween(2, before - 2);
    Recovery again = open(files, 100);
    assertThat(again.recovered().firstIndex()).isBetween(60L, 101L);
    assertThat(again.recovered().marker().orElseThrow().id()).isEqualTo(new EntryId(2, 100));
    assertThat(everything(again)).endsWith(entries(2, 201, 1, 200).getFirst());
    assertThatThrownBy(() -> again.log().read(20, 30, 1))
        .isInstanceOf(DroppedEntriesException.class);
  }

  @Test
  void markerTheLogDoesNotHold_appended_replacesTheLog() throws IOException {
    FaultyFiles files = founded();
    try (SegmentedLog log = open(files).log()) {
      append(log, write(hardState(2, 1), entries(2, 2, 9, 20)));
      Persist install =
          new Persist(2, Optional.of(hardState(5, 30)), List.of(), mark(5, 30).snapshot());
      append(log, install);
      append(log, write(entries(5, 31, 3, 20)));
    }

    Recovery again = open(files, 30);

    assertThat(again.recovered().previous()).isEqualTo(new EntryId(5, 30));
    assertThat(everything(again)).isEqualTo(entries(5, 31, 3, 20));
  }

  private static int segments(FaultyFiles files) throws IOException {
    return (int) files.list().stream().filter(name -> name.endsWith(".segment")).count();
  }
}
