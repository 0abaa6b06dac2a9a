package io.kvorum.mvcc.rocks;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One row of `history`: a key's new record and the record it replaced (mvcc.md §2.3).
///
/// | field | encoding | |
/// |---|---|---|
/// | flags | 1 B | bit 0: old present; bit 1 (value by reference) is reserved and refused |
/// | cum | varint | history cost of all entries up to this one (§8) |
/// | key | varint length, bytes | |
/// | new | varint length, record | tombstone = DELETE, live = PUT |
/// | old | the rest; absent if flag 0 | live record or tombstone |
public final class HistoryEntry {
  private static final int OLD_PRESENT = 1;

  /// What every entry and every live key costs besides its bytes (§8). Part of the format.
  static final int ROW_COST = 64;

  private final long main;
  private final int sub;
  private final long cum;
  private final byte[] key;
  private final StoredRecord next;
  private final @Nullable StoredRecord old;

  private HistoryEntry(byte[] rowKey, byte[] value) {
    this.main = KeyLayout.historyMain(rowKey);
    this.sub = KeyLayout.historySub(rowKey);
    ByteReader in = new ByteReader(value, 0, value.length);
    int flags = in.u8();
    if ((flags & ~OLD_PRESENT) != 0) {
      throw StorageFailure.damaged("entry %d.%d with flags %02x", main, sub, flags);
    }
    this.cum = in.varint();
    int keySize = in.varint31();
    int keyFrom = in.skip(keySize);
    this.key = Arrays.copyOfRange(value, keyFrom, keyFrom + keySize);
    int nextSize = in.varint31();
    int nextFrom = in.skip(nextSize);
    this.next = StoredRecord.parse(value, nextFrom, nextFrom + nextSize);
    if (next.modMain() != main || next.modSub() != sub) {
      throw StorageFailure.damaged(
          "entry %d.%d holds record %d.%d", main, sub, next.modMain(), next.modSub());
    }
    if (flags == OLD_PRESENT) {
      this.old = StoredRecord.parse(value, in.position(), in.end());
    } else {
      in.expectEnd();
      this.old = null;
    }
  }

  static HistoryEntry parse(byte[] rowKey, byte[] value) {
    return new HistoryEntry(rowKey, value);
  }

  /// The bytes of an entry; `cum` already includes it.
  public static byte[] encode(long cum, byte[] key, StoredRecord next, @Nullable StoredRecord old) {
    int size =
        1
            + ByteWriter.varintSize(cum)
            + ByteWriter.varintSize(key.length)
            + key.length
            + ByteWriter.varintSize(next.encodedSize())
            + next.encodedSize()
            + (old == null ? 0 : old.encodedSize());
    ByteWriter out = new ByteWriter(size);
    out.u8(old == null ? 0 : OLD_PRESENT);
    out.varint(cum);
    out.varint(key.length);
    out.raw(key, 0, key.length);
    out.varint(next.encodedSize());
    out.raw(next.bytes(), next.from(), next.to());
    if (old != null) {
      out.raw(old.bytes(), old.from(), old.to());
    }
    return out.filled();
  }

  /// What an entry adds to the history's size (§8): logical lengths, never encoded ones.
  public static long cost(byte[] key, StoredRecord next, @Nullable StoredRecord old) {
    return ROW_COST + (long) key.length + next.valueSize() + (old == null ? 0 : old.valueSize());
  }

  public long main() {
    return main;
  }

  public int sub() {
    return sub;
  }

  public long cum() {
    return cum;
  }

  /// The user key. Not to be changed.
  public byte[] key() {
    return key;
  }

  public StoredRecord next() {
    return next;
  }

  public @Nullable StoredRecord old() {
    return old;
  }
}
