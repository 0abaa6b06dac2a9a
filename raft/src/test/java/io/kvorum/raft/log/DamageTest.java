package io.kvorum.raft.log;

import static io.kvorum.raft.log.LogFixture.append;
import static io.kvorum.raft.log.LogFixture.entries;
import static io.kvorum.raft.log.LogFixture.entry;
import static io.kvorum.raft.log.LogFixture.everything;
import static io.kvorum.raft.log.LogFixture.founded;
import static io.kvorum.raft.log.LogFixture.frameOffsets;
import static io.kvorum.raft.log.LogFixture.hardState;
import static io.kvorum.raft.log.LogFixture.open;
import static io.kvorum.raft.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Persist;
import io.kvorum.raft.log.UnusableLogException.Reason;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Interrupted writes against damage (W10): the former are cut, the latter refused. Numbers in
/// comments are the fault cases of raft.md 3.5.
class DamageTest {
  private static final String FIRST = SegmentName.of(1);
  private static final int SECTOR = FaultyFiles.SECTOR_BYTES;
  private static final List<Entry> ACKNOWLEDGED = entries(3, 2, 3, 40);

  /// A batch that spans seven sectors, written after [#ACKNOWLEDGED].
  private static final List<Entry> LAST = entries(3, 5, 3, 1000);

  @Test // 2
  void lastBatch_cutAtEveryByte_isThereWholeOrNotAtAll() throws IOException {
    FaultyFiles image = written(write(hardState(3, 1), LAST));
    int from = offset(image, -2);
    int to = offset(image, -1);

    for (int cut = from; cut <= to; cut++) {
      FaultyFiles files = image.copy();
      Arrays.fill(files.contents(FIRST), cut, to, (byte) 0);
      assertThat(everything(open(files)))
          .as("cut at %d of [%d, %d)", cut, from, to)
          .hasSize(cut == to ? 6 : 3)
          .startsWith(ACKNOWLEDGED.toArray(new Entry[0]));
    }
  }

  @Test // 4
  void lastBatch_anySubsetOfItsSectorsPersisted_isThereWholeOrNotAtAll() throws IOException {
    FaultyFiles image = written(write(hardState(3, 1), LAST));
    int firstSector = offset(image, -2) / SECTOR;
    int sectors = (offset(image, -1) - 1) / SECTOR - firstSector + 1;
    assertThat(sectors).isEqualTo(7);

    for (int kept = 0; kept < 1 << sectors; kept++) {
      FaultyFiles files = image.copy();
      for (int i = 0; i < sectors; i++) {
        if ((kept & 1 << i) == 0) {
          loseSector(files, firstSector + i, offset(image, -2));
        }
      }
      boolean whole = kept == (1 << sectors) - 1;
      assertThat(everything(open(files))).as("kept %x", kept).hasSize(whole ? 6 : 3);
    }
  }

  @Test // 3
  void headerOfTheLastBatch_acrossTwoSectors_eitherHalfMissing_isCut() throws IOException {
    for (int padding = 0; padding < 512; padding += 8) {
      List<Entry> filler = List.of(zeros(3, 5, padding + 1));
      FaultyFiles image = written(write(filler), write(hardState(3, 5), entries(3, 6, 1, 700)));
      int from = offset(image, -2);
      for (int sector = from / SECTOR; sector <= (offset(image, -1) - 1) / SECTOR; sector++) {
        FaultyFiles files = image.copy();
        loseSector(files, sector, from);
        assertThat(everything(open(files))).as("batch at %d, lost %d", from, sector).hasSize(4);
      }
    }
  }

  @Test // 11
  void lastBatch_anyBitFlipped_isRefused() throws IOException {
    FaultyFiles image = written(write(hardState(3, 1), entries(3, 5, 1, 100)));
    int from = offset(image, -2);
    int to = offset(image, -1);

    for (int bit = 8 * from; bit < 8 * to; bit++) {
      FaultyFiles files = image.copy();
      flip(files, FIRST, bit);
      assertRefused(files, Reason.CORRUPT);
    }
  }

  @Test // 11: a value of zeros must not pass for a sector that was never written
  void lastBatchFullOfZeros_bitFlipped_isRefused() throws IOException {
    FaultyFiles image = written(write(List.of(zeros(3, 5, 4000))));
    int from = offset(image, -2);

    FaultyFiles damaged = image.copy();
    flip(damaged, FIRST, 8 * (from + 40));
    assertRefused(damaged, Reason.CORRUPT);

    FaultyFiles torn = image.copy();
    loseSector(torn, from / SECTOR, from);
    assertThat(everything(open(torn))).isEqualTo(ACKNOWLEDGED);
  }

  @Test // 12
  void earlierBatch_anyBitFlipped_isRefused() throws IOException {
    FaultyFiles image = written(write(entries(3, 5, 1, 50)), write(entries(3, 6, 1, 50)));
    int from = offset(image, -3);
    int to = offset(image, -2);

    for (int bit = 8 * from; bit < 8 * to; bit++) {
      FaultyFiles files = image.copy();
      flip(files, FIRST, bit);
      assertRefused(files, Reason.CORRUPT);
    }
  }

  @Test // 12
  void earlierBatch_sectorLost_isRefused() throws IOException {
    FaultyFiles files = written(write(LAST), write(entries(3, 8, 1, 50)));

    loseSector(files, offset(files, -3) / SECTOR + 2, 0);

    assertRefused(files, Reason.CORRUPT);
  }

  @Test // 12
  void olderSegment_lastBatchTorn_isRefused() throws IOException {
    FaultyFiles files = overThreeSegments();
    List<Integer> offsets = frameOffsets(files, 2);

    Arrays.fill(
        files.contents(SegmentName.of(2)),
        offsets.get(offsets.size() - 2) + 16,
        offsets.getLast(),
        (byte) 0);

    assertRefused(files, Reason.CORRUPT);
  }

  @Test // 13
  void header_anyBitFlipped_isRefused() throws IOException {
    FaultyFiles image = overThreeSegments();

    for (int bit = 0; bit < 8 * 100; bit++) {
      FaultyFiles files = image.copy();
      flip(files, SegmentName.of(2), bit);
      assertThatThrownBy(() -> open(files)).isInstanceOf(UnusableLogException.class);
    }
  }

  @Test // 14
  void middleSegment_missing_isRefused() throws IOException {
    FaultyFiles files = overThreeSegments();

    files.remove(SegmentName.of(2));

    assertRefused(files, Reason.CORRUPT);
  }

  @Test // 15
  void segments_swappedOrDuplicated_areRefused() throws IOException {
    FaultyFiles swapped = overThreeSegments();
    byte[] second = swapped.contents(SegmentName.of(2)).clone();
    swapped.put(SegmentName.of(2), swapped.contents(SegmentName.of(3)));
    swapped.put(SegmentName.of(3), second);
    assertRefused(swapped, Reason.CORRUPT);

    FaultyFiles duplicated = overThreeSegments();
    int count = LogRecovery.segmentNumbers(duplicated).size();
    duplicated.put(SegmentName.of(count + 1), duplicated.contents(SegmentName.of(count)));
    assertRefused(duplicated, Reason.CORRUPT);
  }

  @Test // 16: frames of another segment do not verify here, wherever they lie
  void staleBytes_afterTheEnd_areNeverTaken() throws IOException {
    FaultyFiles image = overThreeSegments();
    byte[] stale = image.contents(SegmentName.of(2));
    List<Integer> offsets = frameOffsets(image, 2);
    int last = LogRecovery.segmentNumbers(image).size();
    int end = frameOffsets(image, last).getLast();
    int before = everything(open(image.copy())).size();

    FaultyFiles touching = image.copy();
    System.arraycopy(stale, offsets.get(1), touching.contents(SegmentName.of(last)), end, 600);
    assertRefused(touching, Reason.CORRUPT);

    FaultyFiles apart = image.copy();
    System.arraycopy(
        stale, offsets.get(1), apart.contents(SegmentName.of(last)), nextSector(end) + SECTOR, 600);
    assertThat(everything(open(apart))).hasSize(before);
    assertThat(apart.list()).anyMatch(name -> name.startsWith(SegmentName.TORN));
  }

  @Test // 27
  void segment_truncatedToZero_isRefused() throws IOException {
    for (long number = 1; number <= 3; number++) {
      FaultyFiles files = overThreeSegments();
      files.put(SegmentName.of(number), new byte[0]);
      assertRefused(files, Reason.CORRUPT);
    }
  }

  @Test // 4, over what a clean close has left
  void cleanlyClosedLog_nextBatchTornBetweenSectors_isCut() throws IOException {
    for (int padding = 0; padding < 512; padding += 8) {
      FaultyFiles files = founded();
      try (SegmentedLog log = open(files).log()) {
        append(log, write(hardState(3, 1), List.of(zeros(3, 2, padding + 1))));
      }
      FaultyFiles reopened = files.copy();
      SegmentedLog log = open(reopened).log();
      reopened.loseForces();
      append(log, write(hardState(3, 2), entries(3, 3, 1, 100)));

      for (int seed = 0; seed < 8; seed++) {
        FaultyFiles lost = reopened.copyAfterPowerLoss(new SplittableRandom(seed));
        assertThat(everything(open(lost))).as("padding %d", padding).hasSizeBetween(1, 2);
      }
    }
  }

  @Test // 30
  void cleanlyClosedLog_lastBatchLooksTorn_isRefused() throws IOException {
    FaultyFiles files = founded();
    try (SegmentedLog log = open(files).log()) {
      append(log, write(hardState(3, 1), LogFixture.entries(3, 2, 6, 500)));
    }
    int from = offset(files, -3);

    loseSector(files, from / SECTOR + 2, from);

    assertRefused(files, Reason.CORRUPT);
  }

  @Test
  void refusedLog_afterwards_hasItsFilesUntouched() throws IOException {
    FaultyFiles files = written(write(LAST), write(entries(3, 8, 1, 50)));
    flip(files, FIRST, 8 * (offset(files, -3) + 50));
    byte[] before = files.contents(FIRST).clone();
    List<String> names = files.list();

    assertRefused(files, Reason.CORRUPT);

    assertThat(files.contents(FIRST)).isEqualTo(before);
    assertThat(files.list()).isEqualTo(names);
  }

  @Test
  void interruptedWrites_moreThanEight_leaveTheNewestEightCopies() throws IOException {
    FaultyFiles files = founded();
    for (int i = 0; i < 12; i++) {
      try (SegmentedLog log = open(files).log()) {
        append(log, write(hardState(3, 1), entries(3, 2 + i, 1, 100)));
        append(log, write(entries(3, 3 + i, 1, 100)));
        files.crash();
      } catch (FaultyFiles.Crashed _) {
        files = files.afterKill();
      }
      int last = (int) (long) LogRecovery.segmentNumbers(files).getLast();
      List<Integer> offsets = frameOffsets(files, last);
      int from = offsets.get(offsets.size() - 2);
      Arrays.fill(files.contents(SegmentName.of(last)), from + 48, offsets.getLast(), (byte) 0);
    }

    open(files);

    assertThat(files.list().stream().filter(name -> name.startsWith(SegmentName.TORN))).hasSize(8);
  }

  /// A log that was not closed, with [#ACKNOWLEDGED] and then one batch for each command.
  private static FaultyFiles written(Persist... commands) throws IOException {
    FaultyFiles files = founded();
    SegmentedLog log = open(files).log();
    append(log, write(hardState(3, 1), ACKNOWLEDGED));
    for (Persist command : commands) {
      append(log, command);
    }
    return files.copy();
  }

  private static FaultyFiles overThreeSegments() throws IOException {
    FaultyFiles files = founded();
    SegmentedLog log = open(files).log();
    for (int i = 0; LogRecovery.segmentNumbers(files).size() < 3 || i % 7 > 0; i++) {
      append(log, write(hardState(3, 1), entries(3, 2 + i, 1, 300)));
    }
    assertThat(LogRecovery.segmentNumbers(files)).hasSize(3);
    return files.copy();
  }

  /// The offset of a batch of the first segment, counted from the end: -1 is the end itself.
  private static int offset(FaultyFiles files, int position) throws IOException {
    List<Integer> offsets = frameOffsets(files, 1);
    return offsets.get(offsets.size() + position);
  }

  private static Entry zeros(long term, long index, int bytes) {
    return new Entry(
        new EntryId(term, index), EntryKind.NORMAL, ByteString.copyFrom(new byte[bytes]));
  }

  /// Zeros the part of a sector that lies at or after `from`.
  private static void loseSector(FaultyFiles files, int sector, int from) {
    Arrays.fill(
        files.contents(FIRST), Math.max(from, sector * SECTOR), (sector + 1) * SECTOR, (byte) 0);
  }

  private static void flip(FaultyFiles files, String name, int bit) {
    files.contents(name)[bit / 8] ^= (byte) (1 << bit % 8);
  }

  private static int nextSector(int offset) {
    return (int) FrameLayout.nextSector(offset);
  }

  private static void assertRefused(FaultyFiles files, Reason reason) {
    assertThatThrownBy(() -> open(files))
        .isInstanceOfSatisfying(
            UnusableLogException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void emptyPayload_andOneByte_surviveLikeAnyOther() throws IOException {
    List<Entry> odd = List.of(entry(3, 5, ""), entry(3, 6, "x"));

    FaultyFiles files = written(write(odd));

    assertThat(everything(open(files))).endsWith(odd.toArray(new Entry[0]));
  }
}
