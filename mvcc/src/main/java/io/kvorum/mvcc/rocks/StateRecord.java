package io.kvorum.mvcc.rocks;

/// The value of `state` in `meta`: where the state machine stands, written with every batch
/// (mvcc.md §2.4). One format byte, then every component as 8 bytes big-endian in this order.
///
/// @param head newest main revision; 1 in an empty store
/// @param compacted logical compacted revision, −1 before the first compaction
/// @param liveBytes Σ over live keys (64 + key + value)
/// @param historyCum history cost of all entries ever written
/// @param historyBase the part of it that compaction has cut off
/// @param liveHashSum Σ of the hashes of all live records, modulo 2^64 (H3)
/// @param newestDelete main revision of the newest delete, 0 if there was none
public record StateRecord(
    long appliedIndex,
    long appliedTerm,
    long head,
    long compacted,
    long liveBytes,
    long liveKeys,
    long leases,
    long historyCum,
    long historyBase,
    long liveHashSum,
    long newestDelete) {
  /// The state of a store that has never applied anything.
  public static final StateRecord EMPTY = new StateRecord(0, 0, 1, -1, 0, 0, 0, 0, 0, 0, 0);

  static final int FORMAT = 1;
  private static final int FIELDS = 11;

  static StateRecord parse(byte[] bytes) {
    ByteReader in = new ByteReader(bytes, 0, bytes.length);
    int format = in.u8();
    if (format != FORMAT) {
      throw StorageFailure.damaged("state of format %d", format);
    }
    StateRecord state =
        new StateRecord(
            in.f64(), in.f64(), in.f64(), in.f64(), in.f64(), in.f64(), in.f64(), in.f64(),
            in.f64(), in.f64(), in.f64());
    in.expectEnd();
    return state;
  }

  byte[] encode() {
    ByteWriter out = new ByteWriter(1 + FIELDS * Long.BYTES);
    out.u8(FORMAT);
    out.f64(appliedIndex);
    out.f64(appliedTerm);
    out.f64(head);
    out.f64(compacted);
    out.f64(liveBytes);
    out.f64(liveKeys);
    out.f64(leases);
    out.f64(historyCum);
    out.f64(historyBase);
    out.f64(liveHashSum);
    out.f64(newestDelete);
    return out.filled();
  }

  /// Bytes of kept history (§8).
  public long historyBytes() {
    return historyCum - historyBase;
  }

  /// Size of the store's content, equal on all members at equal applied index (§8).
  public long logicalBytes() {
    return liveBytes + historyBytes() + HistoryEntry.ROW_COST * leases;
  }
}
