package io.kvorum.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/// The number of times this log was opened, in a file of its own (RC7); laid out in decision 4.
///
/// It makes proposals of different boots distinct and lets peers notice a member that was set back
/// to an old copy of its disk (M12), so it must be durable before the member says anything.
final class BootEpoch {
  private static final long MAGIC = 0x4b5645504f434831L; // KVEPOCH1
  private static final int BYTES = 40;
  private static final int CHECKED_BYTES = 36;

  private final LogFiles files;
  private final UUID logId;

  BootEpoch(LogFiles files, UUID logId) {
    this.files = files;
    this.logId = logId;
  }

  /// Starts counting at 0, which no boot has.
  void create() throws IOException {
    write(0);
  }

  /// Counts this boot, durably, and returns its epoch: 1 for the first.
  long advance() throws IOException {
    long next = read() + 1;
    write(next);
    return next;
  }

  private long read() throws IOException {
    if (!files.list().contains(SegmentName.EPOCH)) {
      throw UnusableLogException.corrupt(SegmentName.EPOCH, "the file is missing");
    }
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    try (LogFile file = files.openToRead(SegmentName.EPOCH)) {
      if (file.size() != BYTES) {
        throw UnusableLogException.corrupt(SegmentName.EPOCH, "it has " + file.size() + " bytes");
      }
      file.readFully(bytes, 0);
    }
    bytes.flip();
    if (bytes.getInt(CHECKED_BYTES) != Checksum.of(bytes.slice(0, CHECKED_BYTES))
        || bytes.getLong() != MAGIC) {
      throw UnusableLogException.corrupt(SegmentName.EPOCH, "its checksum does not match");
    }
    UUID owner = new UUID(bytes.getLong(), bytes.getLong());
    if (!owner.equals(logId)) {
      throw new UnusableLogException(
          UnusableLogException.Reason.FOREIGN, "the boot epoch belongs to the log " + owner);
    }
    return bytes.getLong();
  }

  private void write(long epoch) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(MAGIC);
    bytes.putLong(logId.getMostSignificantBits()).putLong(logId.getLeastSignificantBits());
    bytes.putLong(epoch).putInt(0);
    bytes.putInt(Checksum.of(bytes.duplicate().flip())).flip();
    String temporary = SegmentName.EPOCH + SegmentName.TEMPORARY;
    try (LogFile file = files.create(temporary)) {
      file.writeFully(bytes, 0);
      file.forceAll();
    }
    files.rename(temporary, SegmentName.EPOCH);
    files.forceDirectory();
  }
}
