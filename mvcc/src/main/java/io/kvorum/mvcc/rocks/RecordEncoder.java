package io.kvorum.mvcc.rocks;

import org.jspecify.annotations.Nullable;

/// Encodes the record that one change of a key leaves behind, chained to its predecessor (mvcc.md
/// §2, rules K1–K3).
public final class RecordEncoder {
  private final long main;
  private final int sub;
  private final long compacted;

  /// The change has revision (`main`, `sub`); `compacted` is the logical compacted revision in
  /// force when it is applied, so that every member restarts ordinals at the same change (K2).
  private RecordEncoder(long main, int sub, long compacted) {
    this.main = main;
    this.sub = sub;
    this.compacted = compacted;
  }

  /// Starts a record of the change at (`main`, `sub`).
  public static RecordEncoder at(long main, int sub, long compacted) {
    return new RecordEncoder(main, sub, compacted);
  }

  /// The record of a put. `predecessor` is by K1; a live one hands on creation and version.
  public StoredRecord put(@Nullable StoredRecord predecessor, byte[] value, long lease) {
    StoredRecord updated = predecessor != null && predecessor.isLive() ? predecessor : null;
    long createMain = updated != null ? updated.createMain() : main;
    int createSub = updated != null ? updated.createSub() : sub;
    long version = updated != null ? updated.version() + 1 : 1;
    long ordinal = ordinalAfter(predecessor);
    int size =
        1
            + commonSize(createMain, createSub, ordinal)
            + ByteWriter.varintSize(version)
            + (lease != 0 ? Long.BYTES : 0)
            + pointersSize(predecessor, ordinal)
            + value.length;
    ByteWriter out = new ByteWriter(size);
    out.u8(StoredRecord.LIVE | (lease != 0 ? StoredRecord.LEASE_FLAG : 0));
    writeCommon(out, createMain, createSub, ordinal);
    out.varint(version);
    if (lease != 0) {
      out.f64(lease);
    }
    writePointers(out, predecessor, ordinal);
    out.raw(value, 0, value.length);
    return StoredRecord.parse(out.filled());
  }

  /// The tombstone of a delete of the live record `predecessor`.
  public StoredRecord delete(StoredRecord predecessor) {
    long ordinal = ordinalAfter(predecessor);
    int size =
        1
            + commonSize(predecessor.createMain(), predecessor.createSub(), ordinal)
            + pointersSize(predecessor, ordinal);
    ByteWriter out = new ByteWriter(size);
    out.u8(StoredRecord.TOMBSTONE);
    writeCommon(out, predecessor.createMain(), predecessor.createSub(), ordinal);
    writePointers(out, predecessor, ordinal);
    return StoredRecord.parse(out.filled());
  }

  private long ordinalAfter(@Nullable StoredRecord predecessor) {
    return predecessor == null || predecessor.modMain() < compacted ? 1 : predecessor.ordinal() + 1;
  }

  private int commonSize(long createMain, int createSub, long ordinal) {
    return ByteWriter.varintSize(main)
        + ByteWriter.varintSize(sub)
        + ByteWriter.varintSize(main - createMain)
        + ByteWriter.varintSize(createSub)
        + ByteWriter.varintSize(ordinal);
  }

  private void writeCommon(ByteWriter out, long createMain, int createSub, long ordinal) {
    out.varint(main);
    out.varint(sub);
    out.varint(main - createMain);
    out.varint(createSub);
    out.varint(ordinal);
  }

  private int pointersSize(@Nullable StoredRecord predecessor, long ordinal) {
    int size = 0;
    for (int level = 1; level <= StoredRecord.levels(ordinal); level++) {
      size += ByteWriter.varintSize(main - pointerMain(predecessor, ordinal, level));
      size += ByteWriter.varintSize(pointerSub(predecessor, ordinal, level));
    }
    return size;
  }

  private void writePointers(ByteWriter out, @Nullable StoredRecord predecessor, long ordinal) {
    for (int level = 1; level <= StoredRecord.levels(ordinal); level++) {
      out.varint(main - pointerMain(predecessor, ordinal, level));
      out.varint(pointerSub(predecessor, ordinal, level));
    }
  }

  private long pointerMain(@Nullable StoredRecord predecessor, long ordinal, int level) {
    return predecessor == null || pointsAtItself(ordinal, level)
        ? main
        : predecessor.pointerMain(level);
  }

  private int pointerSub(@Nullable StoredRecord predecessor, long ordinal, int level) {
    return predecessor == null || pointsAtItself(ordinal, level)
        ? sub
        : predecessor.pointerSub(level);
  }

  private static boolean pointsAtItself(long ordinal, int level) {
    return (ordinal & ((1L << (3 * level)) - 1)) == 0;
  }
}
