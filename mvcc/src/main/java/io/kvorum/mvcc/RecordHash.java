package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.HistoryEntry;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// 64-bit hashes of what clients can see of a record or an event (mvcc.md §7). They are summed, so
/// any order of summation gives the same total. One thread at a time.
final class RecordHash {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;
  private static final int LIVE = 1;
  private static final int DELETE = 3;
  private static final int MAX_VARINT_BYTES = 5;
  private static final int FIXED_BYTES = 1 + MAX_VARINT_BYTES + 4 * Long.BYTES;

  private final CRC32C castagnoli = new CRC32C();
  private final CRC32 ieee = new CRC32();
  private byte[] scratch = new byte[256];

  /// The finaliser of splitmix64.
  static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  /// h of a key's record; 0 for a tombstone or none, so that absent keys add nothing.
  long of(byte[] key, @Nullable StoredRecord record) {
    if (record == null || !record.isLive()) {
      return 0;
    }
    int size = startWith(LIVE, key);
    size = append(key, size);
    size = appendF64(size, record.createMain());
    size = appendF64(size, record.modMain());
    size = appendF64(size, record.version());
    size = appendF64(size, record.lease());
    return h64(size, record.bytes(), record.valueFrom(), record.valueSize());
  }

  /// The hash of the event an entry stands for.
  long ofEvent(HistoryEntry entry) {
    if (entry.next().isLive()) {
      return mix(of(entry.key(), entry.next()) ^ mix(entry.sub() + 2L));
    }
    scratch = room(scratch, FIXED_BYTES + entry.key().length);
    scratch[0] = DELETE;
    int size = appendF64(1, entry.main());
    INT.set(scratch, size, entry.sub());
    size = appendVarint(size + Integer.BYTES, entry.key().length);
    size = append(entry.key(), size);
    return h64(size, entry.key(), 0, 0);
  }

  /// The hash of a row of another family (H4), told apart by `family`.
  long ofRow(int family, byte[] key, byte[] value) {
    int size = append(key, startWith(family, key));
    return h64(size, value, 0, value.length);
  }

  private int startWith(int kind, byte[] key) {
    scratch = room(scratch, FIXED_BYTES + key.length);
    scratch[0] = (byte) kind;
    return appendVarint(1, key.length);
  }

  private static byte[] room(byte[] bytes, int size) {
    return bytes.length >= size ? bytes : new byte[2 * size];
  }

  private int append(byte[] bytes, int at) {
    System.arraycopy(bytes, 0, scratch, at, bytes.length);
    return at + bytes.length;
  }

  private int appendVarint(int at, int value) {
    int position = at;
    int rest = value;
    while (rest >= 0x80) {
      scratch[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    scratch[position++] = (byte) rest;
    return position;
  }

  private int appendF64(int at, long value) {
    LONG.set(scratch, at, value);
    return at + Long.BYTES;
  }

  /// Hashes the first `size` bytes of the scratch area followed by a part of `tail`.
  private long h64(int size, byte[] tail, int from, int length) {
    castagnoli.reset();
    castagnoli.update(scratch, 0, size);
    castagnoli.update(tail, from, length);
    ieee.reset();
    ieee.update(scratch, 0, size);
    ieee.update(tail, from, length);
    long both = castagnoli.getValue() << Integer.SIZE | ieee.getValue();
    return mix(both + GOLDEN * ((long) size + length));
  }
}
