package io.kvorum.mvcc.rocks;

/// Reads one encoded value front to back and refuses to run past its end (mvcc.md §2).
///
/// This is the gateway between disk and program: whatever it returns is trusted inside.
final class ByteReader {
  private static final int MAX_VARINT_BYTES = 10;

  private final byte[] bytes;
  private final int end;
  private int position;

  ByteReader(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.position = from;
    this.end = to;
  }

  int position() {
    return position;
  }

  int end() {
    return end;
  }

  int u8() {
    need(1);
    return bytes[position++] & 0xff;
  }

  /// Unsigned LEB128 in its shortest form; every value here fits 63 bits.
  long varint() {
    long value = 0;
    for (int shift = 0; shift < 7 * MAX_VARINT_BYTES; shift += 7) {
      int next = u8();
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        if (value < 0 || (next == 0 && shift > 0)) {
          throw StorageFailure.damaged("varint out of range or not canonical");
        }
        return value;
      }
    }
    throw StorageFailure.damaged("varint longer than %d bytes", MAX_VARINT_BYTES);
  }

  int varint31() {
    long value = varint();
    if (value > Integer.MAX_VALUE) {
      throw StorageFailure.damaged("number %d does not fit 31 bits", value);
    }
    return (int) value;
  }

  long f64() {
    need(Long.BYTES);
    long value = KeyLayout.f64(bytes, position);
    position += Long.BYTES;
    return value;
  }

  /// Skips `length` bytes and returns where they start.
  int skip(int length) {
    need(length);
    int from = position;
    position += length;
    return from;
  }

  void expectEnd() {
    if (position != end) {
      throw StorageFailure.damaged("%d bytes too many", end - position);
    }
  }

  private void need(int length) {
    if (length > end - position) {
      throw StorageFailure.damaged("%d bytes wanted, %d left", length, end - position);
    }
  }
}
