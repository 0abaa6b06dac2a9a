package io.kvorum.mvcc.rocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// Bytes from a disk are checked once, at the gateway (mvcc.md §2, §12): what is cut, extended or
/// flagged by a newer version fails as damage, and nothing else.
class DecodeTest {
  private static final byte[] KEY = KeyLayout.historyKey(5, 0);

  @Test
  void liveRecord_cutBeforeItsValue_isDamaged() {
    StoredRecord record = longChain(new byte[0]);

    for (int size = 0; size < record.encodedSize(); size++) {
      byte[] cut = Arrays.copyOf(record.bytes(), size);
      assertDamaged(() -> StoredRecord.parse(cut));
    }
  }

  @Test
  void tombstone_cutOrExtended_isDamaged() {
    StoredRecord tombstone = RecordEncoder.at(70, 1, -1).delete(longChain(new byte[] {1}));

    for (int size = 0; size <= tombstone.encodedSize() + 1; size++) {
      byte[] cut = Arrays.copyOf(tombstone.bytes(), size);
      if (size != tombstone.encodedSize()) {
        assertDamaged(() -> StoredRecord.parse(cut));
      }
    }
  }

  @Test
  void entry_cutAtEveryByte_isDamagedOrHasAShorterOldValue() {
    byte[] entry = parseHex("01860101611105030001000202000000000000000779790102000000010178");
    byte[] key = KeyLayout.historyKey(3, 0);

    for (int size = 0; size < entry.length; size++) {
      byte[] cut = Arrays.copyOf(entry, size);
      if (size == entry.length - 1) {
        // The last byte is the old record's value, whose length is what is left.
        StoredRecord old = HistoryEntry.parse(key, cut).old();
        assertThat(old).isNotNull();
      } else {
        assertDamaged(() -> HistoryEntry.parse(key, cut));
      }
    }
  }

  @Test
  void state_cutAtEveryByteOrExtended_isDamaged() {
    byte[] state = StateRecord.EMPTY.encode();

    for (int size = 0; size <= state.length + 1; size++) {
      byte[] cut = Arrays.copyOf(state, size);
      if (size != state.length) {
        assertDamaged(() -> StateRecord.parse(cut));
      }
    }
  }

  @Test
  void unknownFlags_decoded_areRefused() {
    assertDamaged(() -> StoredRecord.parse(parseHex("0902000000010178")));
    assertDamaged(() -> StoredRecord.parse(parseHex("0002000000010178")));
    assertDamaged(() -> StoredRecord.parse(parseHex("0302000000010178")));
    assertDamaged(() -> StoredRecord.parse(parseHex("060400020003")));
    assertDamaged(() -> HistoryEntry.parse(KEY, parseHex("02420161080105000000010178")));
    assertDamaged(() -> StateRecord.parse(parseHex("02")));
  }

  @Test
  void numbersOutOfRange_decoded_areRefused() {
    // ordinal 0; creation before revision 0; a varint of 11 bytes; one that is not canonical.
    assertDamaged(() -> StoredRecord.parse(parseHex("01020000000001")));
    assertDamaged(() -> StoredRecord.parse(parseHex("01020003000101")));
    assertDamaged(() -> StoredRecord.parse(parseHex("01ffffffffffffffffffff0100000101")));
    assertDamaged(() -> StoredRecord.parse(parseHex("01820000000001")));
  }

  @Test
  void entryOfAnotherRevision_decoded_isRefused() {
    byte[] entry = parseHex("00420161080102000000010178");

    assertThat(HistoryEntry.parse(KeyLayout.historyKey(2, 0), entry).cum()).isEqualTo(66);
    assertDamaged(() -> HistoryEntry.parse(KeyLayout.historyKey(3, 0), entry));
    assertDamaged(() -> HistoryEntry.parse(new byte[] {1}, entry));
  }

  @Test
  void everyRecordOfALongChain_decodedAndEncoded_hasTheSameBytes() {
    StoredRecord record = RecordEncoder.at(2, 3, -1).put(null, new byte[] {7}, 9);
    for (int i = 3; i < 600; i++) {
      RecordEncoder at = RecordEncoder.at(i, i % 5, -1);
      StoredRecord next =
          record.isLive() && i % 7 == 0
              ? at.delete(record)
              : at.put(record, new byte[i % 4], i % 3 == 0 ? -i : 0);
      StoredRecord decoded = StoredRecord.parse(next.bytes());

      assertThat(decoded.ordinal()).isEqualTo(i - 1);
      assertThat(decoded.modMain()).isEqualTo(i);
      assertThat(decoded.pointerLevels()).isEqualTo(StoredRecord.levels(i - 1));
      assertThat(decoded.isLive() ? decoded.lease() : 0)
          .isEqualTo(next.isLive() && i % 3 == 0 ? -i : 0);
      record = decoded;
    }
  }

  private static StoredRecord longChain(byte[] value) {
    StoredRecord record = RecordEncoder.at(2, 0, -1).put(null, value, -2);
    for (long main = 3; main <= 65; main++) {
      record = RecordEncoder.at(main, 0, -1).put(record, value, -2);
    }
    return record;
  }

  private static byte[] parseHex(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static void assertDamaged(ThrowingCallable decode) {
    assertThatThrownBy(decode)
        .isInstanceOf(StorageFailure.class)
        .satisfies(
            e -> assertThat(((StorageFailure) e).kind()).isEqualTo(StorageFailure.Kind.DAMAGED));
  }
}
