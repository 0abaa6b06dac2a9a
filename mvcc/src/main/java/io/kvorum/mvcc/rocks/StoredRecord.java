package io.kvorum.mvcc.rocks;

import org.jspecify.annotations.Nullable;

/// One version of a key, decoded in place: live, or the tombstone of a delete (mvcc.md §2.1, §2.2).
///
/// | field | encoding | |
/// |---|---|---|
/// | flags | 1 B | bits 0–1: 1 live, 2 tombstone; bit 2: lease present; rest 0 |
/// | mod main, mod sub | varint, varint | |
/// | create | varint (mod main − create main), varint create sub | first put of this generation |
/// | ordinal | varint ≥ 1 | position in the chain (K2), not the version |
/// | version | varint | live only |
/// | lease | 8 B | only if flagged, never 0 |
/// | pointers | per i = 1 … L: varint (mod main − pointer main), varint pointer sub | L = largest i with 8^i ≤ ordinal (K3) |
/// | value | the rest | live only |
///
/// Immutable; keeps the encoded bytes, because an entry's `old` is a copy of them.
public final class StoredRecord {
  static final int LIVE = 1;
  static final int TOMBSTONE = 2;
  static final int KIND_MASK = 3;
  static final int LEASE_FLAG = 4;

  private static final long[] NO_MAINS = {};
  private static final int[] NO_SUBS = {};

  private final byte[] bytes;
  private final int from;
  private final int to;
  private final boolean live;
  private final long modMain;
  private final int modSub;
  private final long createMain;
  private final int createSub;
  private final long ordinal;
  private final long version;
  private final long lease;
  private final int valueFrom;
  private final long[] pointerMains;
  private final int[] pointerSubs;

  private StoredRecord(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
    ByteReader in = new ByteReader(bytes, from, to);
    int flags = in.u8();
    this.live = isLive(flags);
    this.modMain = in.varint();
    this.modSub = in.varint31();
    this.createMain = earlier(in.varint());
    this.createSub = in.varint31();
    this.ordinal = in.varint();
    if (ordinal < 1) {
      throw StorageFailure.damaged("record with ordinal %d", ordinal);
    }
    this.version = live ? in.varint() : 0;
    this.lease = (flags & LEASE_FLAG) != 0 ? in.f64() : 0;
    int levels = levels(ordinal);
    this.pointerMains = levels == 0 ? NO_MAINS : new long[levels];
    this.pointerSubs = levels == 0 ? NO_SUBS : new int[levels];
    for (int level = 0; level < levels; level++) {
      pointerMains[level] = earlier(in.varint());
      pointerSubs[level] = in.varint31();
    }
    this.valueFrom = in.position();
    if (!live) {
      in.expectEnd();
    }
  }

  /// Decodes a whole value of `latest` or `deleted`.
  public static StoredRecord parse(byte[] bytes) {
    return new StoredRecord(bytes, 0, bytes.length);
  }

  static StoredRecord parse(byte[] bytes, int from, int to) {
    return new StoredRecord(bytes, from, to);
  }

  static @Nullable StoredRecord parseNullable(byte @Nullable [] bytes) {
    return bytes == null ? null : parse(bytes);
  }

  /// Number of skip pointers of the record with this ordinal: the largest i with 8^i ≤ ordinal.
  static int levels(long ordinal) {
    return (Long.SIZE - 1 - Long.numberOfLeadingZeros(ordinal)) / 3;
  }

  private static boolean isLive(int flags) {
    int kind = flags & KIND_MASK;
    int allowed = kind == LIVE ? KIND_MASK | LEASE_FLAG : KIND_MASK;
    if ((kind != LIVE && kind != TOMBSTONE) || (flags & ~allowed) != 0) {
      throw StorageFailure.damaged("record with flags %02x", flags);
    }
    return kind == LIVE;
  }

  private long earlier(long delta) {
    if (delta > modMain) {
      throw StorageFailure.damaged("revision %d lies %d before itself", modMain, delta);
    }
    return modMain - delta;
  }

  public boolean isLive() {
    return live;
  }

  public long modMain() {
    return modMain;
  }

  public int modSub() {
    return modSub;
  }

  public long createMain() {
    return createMain;
  }

  public int createSub() {
    return createSub;
  }

  public long ordinal() {
    return ordinal;
  }

  public long version() {
    return version;
  }

  /// The lease the key was attached to by this put, 0 for none.
  public long lease() {
    return lease;
  }

  int pointerLevels() {
    return pointerMains.length;
  }

  long pointerMain(int level) {
    return pointerMains[level - 1];
  }

  int pointerSub(int level) {
    return pointerSubs[level - 1];
  }

  /// The level of the farthest pointer that is not before (`endMain`, `endSub`); 0 stands for this
  /// record's own revision (K5).
  public int farthest(long endMain, int endSub) {
    for (int level = pointerMains.length; level > 0; level--) {
      long main = pointerMain(level);
      if (main > endMain || (main == endMain && pointerSub(level) >= endSub)) {
        return level;
      }
    }
    return 0;
  }

  /// The main revision that [#farthest(long, int)] stands for.
  public long targetMain(int level) {
    return level == 0 ? modMain : pointerMain(level);
  }

  public int targetSub(int level) {
    return level == 0 ? modSub : pointerSub(level);
  }

  /// The array this record was decoded from. Not to be changed.
  public byte[] bytes() {
    return bytes;
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }

  public int encodedSize() {
    return to - from;
  }

  /// Where the value starts in [#bytes()]; it ends after [#valueSize()] bytes.
  public int valueFrom() {
    return valueFrom;
  }

  public int valueSize() {
    return to - valueFrom;
  }
}
