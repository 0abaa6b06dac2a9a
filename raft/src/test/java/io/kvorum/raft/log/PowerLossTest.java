package io.kvorum.raft.log;

import static io.kvorum.raft.log.LogFixture.FOUNDING;
import static io.kvorum.raft.log.LogFixture.IDENTITY;
import static io.kvorum.raft.log.LogFixture.OPTIONS;
import static io.kvorum.raft.log.LogFixture.append;
import static io.kvorum.raft.log.LogFixture.entries;
import static io.kvorum.raft.log.LogFixture.everything;
import static io.kvorum.raft.log.LogFixture.hardState;
import static io.kvorum.raft.log.LogFixture.open;
import static io.kvorum.raft.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.log.PowerLoss.SyncedEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PowerLossTest {
  @Test
  void bytesAfterTheSyncedEnd_takenBack_onlyTheSyncedBatchIsLeft(@TempDir Path directory)
      throws IOException {
    Path image = directory.resolve("image");
    SyncedEnd end = killedAfterTwoBatches(directory.resolve("running"), image);

    assertThat(PowerLoss.loseAfter(image, end)).isGreaterThan(2000);

    Recovery again = open(DirectoryFiles.at(image));
    assertThat(everything(again)).isEqualTo(entries(3, 2, 2, 100));
    again.log().close();
  }

  @Test
  void oneSectorOfTheLastBatch_takenBack_onlyTheSyncedBatchIsLeft(@TempDir Path directory)
      throws IOException {
    Path image = directory.resolve("image");
    SyncedEnd end = killedAfterTwoBatches(directory.resolve("running"), image);

    PowerLoss.loseSectorAfter(image, end, 2);

    Recovery again = open(DirectoryFiles.at(image));
    assertThat(everything(again)).isEqualTo(entries(3, 2, 2, 100));
    again.log().close();
  }

  /// Copies the files of a running log: what a kill leaves. Returns the end of its first batch.
  private static SyncedEnd killedAfterTwoBatches(Path running, Path image) throws IOException {
    DirectoryFiles files = DirectoryFiles.at(running);
    SegmentedLog.create(files, IDENTITY, OPTIONS, FOUNDING);
    try (SegmentedLog log = open(files).log()) {
      append(log, write(hardState(3, 1), entries(3, 2, 2, 100)));
      SyncedEnd end = PowerLoss.endOf(running);
      append(log, write(entries(3, 4, 2, 1000)));
      Files.createDirectory(image);
      for (Path file : filesOf(running)) {
        Files.copy(file, image.resolve(file.getFileName()));
      }
      return end;
    }
  }

  private static List<Path> filesOf(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }
}
