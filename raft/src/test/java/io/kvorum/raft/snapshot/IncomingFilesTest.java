package io.kvorum.raft.snapshot;

import static io.kvorum.raft.snapshot.SnapshotFixture.bytes;
import static io.kvorum.raft.snapshot.SnapshotFixture.markerOf;
import static io.kvorum.raft.snapshot.SnapshotFixture.offerOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.raft.log.FaultyFiles;
import io.kvorum.raft.log.LogFile;
import io.kvorum.raft.snapshot.SnapshotMessage.Begin;
import io.kvorum.raft.snapshot.SnapshotMessage.Chunk;
import io.kvorum.raft.snapshot.SnapshotMessage.FileEnd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/// The files of an incoming snapshot on a disk that forgets what was not synced (raft.md S9).
class IncomingFilesTest {
  private static final byte[] CONTENT = bytes(1500);
  private static final Begin BEGIN =
      new Begin(
          offerOf(markerOf(9)),
          new SnapshotId(SnapshotFixture.SENDER, 1, 1),
          List.of(new SnapshotFile("a", 1500), new SnapshotFile("b", 1500)));

  private final FaultyFiles disk = new FaultyFiles();
  private final IncomingFiles files = new IncomingFiles(disk, BEGIN, Runnable::run);

  private static Chunk chunk(int file, int from, int to) {
    return Chunk.of(file, from, ByteString.copyFrom(CONTENT, from, to - from));
  }

  private static FileEnd end(int file, int length) {
    CRC32C crc = new CRC32C();
    crc.update(CONTENT, 0, length);
    return new FileEnd(file, (int) crc.getValue());
  }

  private void receive(int file) throws IOException {
    receive(files, file);
  }

  private static void receive(IncomingFiles into, int file) throws IOException {
    into.write(chunk(file, 0, 700));
    into.write(chunk(file, 700, 1500));
    into.end(end(file, 1500));
  }

  @Test
  void powerFailsAfterAFileIsComplete_itsBytesAreThere() throws IOException {
    receive(0);
    receive(1);
    files.awaitSync();
    disk.forceDirectory();

    for (int seed = 0; seed < 50; seed++) {
      FaultyFiles after = disk.afterPowerLoss(new SplittableRandom(seed));
      for (String name : List.of("a", "b")) {
        ByteBuffer read = ByteBuffer.allocate(1500);
        try (LogFile file = after.openToRead(name)) {
          file.readFully(read, 0);
        }
        assertThat(read.array()).isEqualTo(CONTENT);
      }
    }
    assertThat(files.isComplete()).isTrue();
  }

  @Test
  void syncFails_fileIsNotComplete() throws IOException {
    disk.setHook(
        (operation, _) -> {
          if (operation == FaultyFiles.Operation.FORCE) {
            throw new IOException("disk is gone");
          }
        });

    receive(0);

    assertThatThrownBy(() -> files.awaitSync()).hasMessage("disk is gone");
    assertThat(files.progress().complete()).isEmpty();
    assertThat(disk.list()).isEmpty();
  }

  @Test
  void fileBeforeIsNotDurableYet_nextOneComes_butIsNotMadeDurable() throws Exception {
    Queue<Runnable> waiting = new LinkedBlockingQueue<>();
    IncomingFiles slow = new IncomingFiles(disk, BEGIN, waiting::add);
    receive(slow, 0);
    slow.write(chunk(1, 0, 1500));
    assertThat(slow.hasAllBytes()).isFalse();
    assertThat(slow.progress().complete()).isEmpty();
    Thread second = Thread.ofPlatform().start(() -> endSecond(slow));

    while (second.isAlive() && second.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertThat(waiting).hasSize(1);
    waiting.remove().run();
    second.join();

    assertThat(slow.progress().complete()).containsExactly(0);
    assertThat(slow.hasAllBytes()).isTrue();
    waiting.remove().run();
    slow.awaitSync();
    assertThat(slow.isComplete()).isTrue();
  }

  private static void endSecond(IncomingFiles files) {
    try {
      files.end(end(1, 1500));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void damagedChunk_comes_isRefusedBeforeItIsWritten() throws IOException {
    files.write(chunk(0, 0, 700));
    Chunk good = chunk(0, 700, 1500);

    assertThatThrownBy(() -> files.write(new Chunk(0, 700, good.bytes(), good.checksum() + 1)))
        .hasMessageContaining("damaged at byte 700 of file 0");
  }

  @Test
  void fileEndsEarly_withTheRightChecksum_isRefused() throws IOException {
    files.write(chunk(0, 0, 700));

    assertThatThrownBy(() -> files.end(end(0, 700))).hasMessage("file 0 ends at byte 700");
  }

  @Test
  void interrupted_inTheSecondFile_keepsTheFirst() throws IOException {
    receive(0);
    files.write(chunk(1, 0, 700));

    files.interrupt();

    assertThat(files.progress().complete()).containsExactly(0);
    assertThat(files.missingBytes()).isEqualTo(1500);
    assertThat(disk.list()).containsExactly("a");
    receive(1);
    files.awaitSync();
    assertThat(files.isComplete()).isTrue();
  }
}
