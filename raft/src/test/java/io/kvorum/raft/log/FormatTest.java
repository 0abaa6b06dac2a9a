package io.kvorum.raft.log;

import static io.kvorum.raft.log.LogFixture.FOUNDING;
import static io.kvorum.raft.log.LogFixture.IDENTITY;
import static io.kvorum.raft.log.LogFixture.MEMBER_7;
import static io.kvorum.raft.log.LogFixture.MEMBER_9;
import static io.kvorum.raft.log.LogFixture.OPTIONS;
import static io.kvorum.raft.log.LogFixture.append;
import static io.kvorum.raft.log.LogFixture.entry;
import static io.kvorum.raft.log.LogFixture.founded;
import static io.kvorum.raft.log.LogFixture.frameOffsets;
import static io.kvorum.raft.log.LogFixture.hardState;
import static io.kvorum.raft.log.LogFixture.open;
import static io.kvorum.raft.log.LogFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.LogRecord.MarkerMode;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Decision 4 byte by byte: a change that fails here needs a new format version (W1, W2, W3).
class FormatTest {
  /// Computed by a program that shares nothing with this one.
  private static final String OPENING_FRAME =
      "00000051000000010000000000000001000000000000000000000000c6fd3d21"
          + "0302000000000029000000000000000100000000000000010000000001000000"
          + "0000007777000000000000000000000000010000000000001800000000000000"
          + "010000000000000000000000000000000100000000000000390632bace343fc5";

  @Test
  void segmentHeader_encoded_isThese100Bytes() {
    SegmentHeader header =
        new SegmentHeader(
            IDENTITY, 8192, 5, new EntryId(3, 17), 40, 41, new SegmentHeader.Junction(4096, 0x81));

    ByteBuffer bytes = header.encode();

    assertThat(bytes.remaining()).isEqualTo(512);
    assertThat(hex(bytes, 0, 96))
        .isEqualTo(
            "4b56524146544c47 00000001 00002000 c1c2c3c4c5c6c7c8 0000000000007777".replace(" ", "")
                + "1122334455667788 0000000099aabbcc 0000000000000005 0000000000000003"
                    .replace(" ", "")
                + "0000000000000011 0000000000000028 0000000000000029 00001000 00000081"
                    .replace(" ", ""));
    assertThat(bytes.getInt(96)).isEqualTo(Checksum.of(bytes.slice(0, 96)));
    assertThat(FrameLayout.isZero(bytes, 100, 512)).isTrue();
  }

  @Test
  void records_encoded_areTheseBytes() {
    assertThat(encoded(buffer -> RecordCodec.putHardState(buffer, hardState(3, 17))))
        .isEqualTo(
            "0101000000000018" + "0000000000000003" + "0000000000007777" + "0000000000000011");
    assertThat(encoded(buffer -> RecordCodec.putEntry(buffer, entry(3, 17, "ab"))))
        .isEqualTo("0200000000000012" + "0000000000000003" + "0000000000000011" + "6162");
    assertThat(encoded(RecordCodec::putCleanClose)).isEqualTo("0400000000000000");
    assertThat(encoded(buffer -> RecordCodec.putMarker(buffer, jointMarker(), MarkerMode.REPLACED)))
        .isEqualTo(
            "0302000000000041"
                + "0000000000000003"
                + "0000000000000011"
                + "01"
                + "000000010000000000007777"
                + "0000000200000000000077770000000000009999"
                + "00000000"
                + "000000010000000000009999");
  }

  @Test
  void recordsOfEveryKind_cutAtEveryByte_areRefusedOrEndBetweenTwo() throws IOException {
    ByteBuffer all = ByteBuffer.allocate(500);
    RecordCodec.putMarker(all, jointMarker(), MarkerMode.KEPT);
    int afterMarker = all.position();
    RecordCodec.putEntry(all, entry(3, 17, "abc"));
    int afterEntry = all.position();
    RecordCodec.putHardState(all, hardState(3, 17));
    int end = all.position();

    for (int cut = 1; cut < end; cut++) {
      RecordReader reader = new RecordReader(all.slice(0, cut), "here");
      if (cut == afterMarker || cut == afterEntry) {
        assertThat(count(reader)).isEqualTo(cut == afterMarker ? 1 : 2);
      } else {
        assertThatThrownBy(() -> count(reader)).isInstanceOf(UnusableLogException.class);
      }
    }
    RecordReader whole = new RecordReader(all.slice(0, end), "here");
    assertThat(whole.next()).isEqualTo(new LogRecord.Marker(jointMarker(), MarkerMode.KEPT));
  }

  @Test
  void unknownKinds_read_areRefusedAsNewer() {
    for (String unknown :
        List.of(
            "0500000000000000", // a record kind
            "0202000000000010" + "0".repeat(32), // an entry kind
            "0102000000000018" + "0".repeat(48))) { // a hard state
      RecordReader reader =
          new RecordReader(ByteBuffer.wrap(HexFormat.of().parseHex(unknown)), "here");
      assertThatThrownBy(reader::next)
          .isInstanceOfSatisfying(
              UnusableLogException.class,
              e -> assertThat(e.reason()).isEqualTo(UnusableLogException.Reason.NEWER_FORMAT));
    }
  }

  @Test
  void frame_written_isTheseBytes() throws IOException {
    FaultyFiles files = founded();
    append(open(files).log(), write(hardState(3, 1), List.of(entry(3, 2, "abc"))));

    int from = frameOffsets(files, 1).get(1);
    ByteBuffer bytes = ByteBuffer.wrap(files.contents(SegmentName.of(1)));

    assertThat(hex(bytes, from, from + 28))
        .isEqualTo("0000003b" + "00000001" + "0000000000000002" + "0000000000000001" + "00000000");
    assertThat(hex(bytes, from + 32, from + 32 + 64))
        .isEqualTo(
            "0200000000000013"
                + "0000000000000003"
                + "0000000000000002"
                + "616263"
                + "0101000000000018"
                + "0000000000000003"
                + "0000000000007777"
                + "0000000000000001"
                + "0000000000");
    assertThat(frameOffsets(files, 1).getLast()).isEqualTo(from + 104);
    assertThat(bytes.get(from + 103)).isNotZero();
  }

  @Test
  void foundedLog_written_beginsWithThisFrame() throws IOException {
    FaultyFiles files = founded();

    byte[] segment = files.contents(SegmentName.of(1));

    assertThat(hex(ByteBuffer.wrap(segment), 512, 512 + 128)).isEqualTo(OPENING_FRAME);
    byte[] rest = Arrays.copyOfRange(segment, 512 + 128, segment.length);
    assertThat(rest).containsOnly(0);
  }

  @Test
  void bootEpoch_written_isThese40Bytes() throws IOException {
    FaultyFiles files = founded();
    open(files).log().close();
    open(files).log().close();

    ByteBuffer bytes = ByteBuffer.wrap(files.contents(SegmentName.EPOCH));

    assertThat(hex(bytes, 0, 36))
        .isEqualTo(
            "4b5645504f434831"
                + "11223344556677880000000099aabbcc"
                + "0000000000000002"
                + "00000000");
    assertThat(bytes.getInt(36)).isEqualTo(Checksum.of(bytes.slice(0, 36)));
  }

  @Test
  void bootEpoch_anyBitFlippedOrCut_isRefused() throws IOException {
    FaultyFiles image = founded();
    byte[] good = image.contents(SegmentName.EPOCH).clone();

    for (int bit = 0; bit < 8 * good.length; bit++) {
      FaultyFiles files = image.copy();
      files.contents(SegmentName.EPOCH)[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> open(files)).isInstanceOf(UnusableLogException.class);
    }
    for (int cut = 0; cut < good.length; cut++) {
      FaultyFiles files = image.copy();
      files.put(SegmentName.EPOCH, Arrays.copyOf(good, cut));
      assertThatThrownBy(() -> open(files)).isInstanceOf(UnusableLogException.class);
    }
  }

  @Test
  void foundingMarker_inTheFirstSegment_isReadBack() throws IOException {
    FaultyFiles files = new FaultyFiles();
    SegmentedLog.create(files, IDENTITY, OPTIONS, FOUNDING);

    assertThat(open(files).recovered().marker()).contains(FOUNDING);
  }

  private static SnapshotMarker jointMarker() {
    return new SnapshotMarker(
        new EntryId(3, 17),
        new Configuration(
            new TreeSet<>(List.of(MEMBER_7)),
            new TreeSet<>(List.of(MEMBER_7, MEMBER_9)),
            Collections.<MemberId>emptyNavigableSet(),
            new TreeSet<>(List.of(MEMBER_9)),
            true));
  }

  private static int count(RecordReader reader) throws IOException {
    int count = 0;
    while (reader.hasNext()) {
      reader.next();
      count++;
    }
    return count;
  }

  /// Something that writes into a buffer.
  private interface Writing {
    void to(ByteBuffer buffer);
  }

  private static String encoded(Writing writing) {
    ByteBuffer buffer = ByteBuffer.allocate(200);
    writing.to(buffer);
    return hex(buffer, 0, buffer.position());
  }

  private static String hex(ByteBuffer bytes, int from, int to) {
    byte[] range = new byte[to - from];
    bytes.get(from, range);
    return HexFormat.of().formatHex(range);
  }
}
