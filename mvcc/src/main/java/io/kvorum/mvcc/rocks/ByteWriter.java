package io.kvorum.mvcc.rocks;

import io.kvorum.invariant.Invariant;

/// Fills an array of exactly the size computed before (mvcc.md §2).
final class ByteWriter {
  private final byte[] bytes;
  private int position;

  ByteWriter(int size) {
    this.bytes = new byte[size];
  }

  static int varintSize(long value) {
    return value == 0 ? 1 : (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7;
  }

  void u8(int value) {
    bytes[position++] = (byte) value;
  }

  void varint(long value) {
    long rest = value;
    while (rest >= 0x80) {
      bytes[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[position++] = (byte) rest;
  }

  void f64(long value) {
    KeyLayout.putF64(bytes, position, value);
    position += Long.BYTES;
  }

  void raw(byte[] source, int from, int to) {
    System.arraycopy(source, from, bytes, position, to - from);
    position += to - from;
  }

  byte[] filled() {
    Invariant.check(position == bytes.length, "%d bytes of %d", position, bytes.length);
    return bytes;
  }
}
