package io.kvorum.raft.log;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.membership.MemberId;
import java.nio.ByteBuffer;
import java.util.UUID;

/// The first sector of a segment (W1); laid out in decision 4.
///
/// @param capacity length of the zero-filled file
/// @param number position of the segment in the log, from 1
/// @param previous the newest entry before this segment
/// @param firstSequence sequence of the first frame
/// @param syncedSequence frames up to this one were synced before the file got its name
/// @param start where the previous segment ends and what its chain value is there
record SegmentHeader(
    LogIdentity identity,
    int capacity,
    long number,
    EntryId previous,
    long firstSequence,
    long syncedSequence,
    Junction start) {
  static final int BYTES = 512;
  static final int FORMAT_VERSION = 1;

  private static final long MAGIC = 0x4b56524146544c47L; // KVRAFTLG
  private static final int CHECKED_BYTES = 96;

  /// Where one segment hands over to the next.
  ///
  /// @param previousEnd bytes of the previous segment from here on belong to nobody
  /// @param chain the chain value of the last frame before
  record Junction(int previousEnd, int chain) {
    /// What precedes the first segment of a log.
    static final Junction NONE = new Junction(0, 1);
  }

  /// Decorrelates the checksums of different segments and logs, so that a frame found where it does
  /// not belong never verifies.
  int salt() {
    ByteBuffer seed = ByteBuffer.allocate(24);
    putUuid(seed, identity.logId());
    seed.putLong(number).flip();
    return Checksum.of(seed);
  }

  ByteBuffer encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(MAGIC).putInt(FORMAT_VERSION).putInt(capacity);
    bytes.putLong(identity.clusterId()).putLong(identity.memberId().value());
    putUuid(bytes, identity.logId());
    bytes.putLong(number).putLong(previous.term()).putLong(previous.index());
    bytes.putLong(firstSequence).putLong(syncedSequence);
    bytes.putInt(start.previousEnd()).putInt(start.chain());
    bytes.putInt(Checksum.of(bytes.duplicate().flip()));
    return bytes.clear();
  }

  /// Reads the first [#BYTES] of the segment called `name`.
  static SegmentHeader decode(ByteBuffer bytes, String name) throws UnusableLogException {
    if (bytes.getLong(0) != MAGIC) {
      throw UnusableLogException.corrupt(name, "its header is not that of a segment");
    }
    int version = bytes.getInt(8);
    if (version > FORMAT_VERSION) {
      throw new UnusableLogException(
          UnusableLogException.Reason.NEWER_FORMAT,
          "segment %s has format %d, this version reads formats up to %d"
              .formatted(name, version, FORMAT_VERSION));
    }
    if (bytes.getInt(CHECKED_BYTES) != Checksum.of(bytes.duplicate().limit(CHECKED_BYTES))
        || version != FORMAT_VERSION) {
      throw UnusableLogException.corrupt(name, "the checksum of its header does not match");
    }
    ByteBuffer fields = bytes.duplicate().position(12);
    int capacity = fields.getInt();
    LogIdentity identity =
        new LogIdentity(
            fields.getLong(),
            new MemberId(fields.getLong()),
            new UUID(fields.getLong(), fields.getLong()));
    long number = fields.getLong();
    return new SegmentHeader(
        identity,
        capacity,
        number,
        new EntryId(fields.getLong(), fields.getLong()),
        fields.getLong(),
        fields.getLong(),
        new Junction(fields.getInt(), fields.getInt()));
  }

  private static void putUuid(ByteBuffer target, UUID uuid) {
    target.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
  }
}
