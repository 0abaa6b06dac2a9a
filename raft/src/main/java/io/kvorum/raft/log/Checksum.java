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

  /// The chain value after a frame with this checksum; never zero, so that a written trailer can be
  /// told from a lost one.
  static int chain(int previous, int frameChecksum) {
    CRC32C crc = new CRC32C();
    update(crc, previous);
    update(crc, frameChecksum);
    int chain = (int) crc.getValue();
    return chain == 0 ? 1 : chain;
  }

  private static void update(CRC32C crc, int value) {
    crc.update(value >>> 24);
    crc.update(value >>> 16);
    crc.update(value >>> 8);
    crc.update(value);
  }
}
