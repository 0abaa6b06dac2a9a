package io.kvorum.mvcc.rocks;

/// The column families of the state database. One applied batch writes all of them atomically.
///
/// | family | key | value |
/// |---|---|---|
/// | `META` | `state`, other short names | [StateRecord]; small replicated facts |
/// | `LATEST` | raw user key | live [StoredRecord] |
/// | `DELETED` | raw user key | tombstone [StoredRecord] of the newest delete, only while the key is not live |
/// | `HISTORY` | main 8 B, sub 4 B, big-endian | [HistoryEntry] |
/// | `LEASE` | `L` id 8 B; `A` id 8 B user key | lease record; `01` |
/// | `COUNT` | fence key | varint: live keys from this fence to the next |
/// | `AUTH` | own | own |
///
/// User keys are stored raw, so the order of bytes is the order of the API.
public enum Family {
  META("meta"),
  LATEST("latest"),
  DELETED("deleted"),
  HISTORY("history"),
  LEASE("lease"),
  COUNT("count"),
  AUTH("auth");

  private final String columnFamily;

  Family(String columnFamily) {
    this.columnFamily = columnFamily;
  }

  /// The name in the database. Part of the format.
  String columnFamily() {
    return columnFamily;
  }
}
