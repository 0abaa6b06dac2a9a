package io.kvorum.raft.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// CRC32C as the log uses it.
final class Checksum {
  private Checksum() {}

  /// Of everything that remains in `bytes`, whose position is left alone.
  static int of(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }

  /// Of the salt, then the bytes.
  static int salted(int salt, ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    update(crc, salt);
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }

  /// The chain value after a frame with this checksum. Its last byte is never zero, not even with
  /// one bit flipped, so that a frame that was written to its end can be told from one that was
  /// not.
  static int chain(int previous, int frameChecksum) {
    CRC32C crc = new CRC32C();
    update(crc, previous);
    update(crc, frameChecksum);
    return (int) crc.getValue() | 0x81;
  }

  private static void update(CRC32C crc, int value) {
    crc.update(value >>> 24);
    crc.update(value >>> 16);
    crc.update(value >>> 8);
    crc.update(value);
  }
}
