/// The state on disk: exact bytes of every record and the one RocksDB database that holds them.
///
/// Nothing else in the product touches RocksDB. Keys and values are plain `byte[]` here: they are
/// handed to and taken from native code on every put, are never changed after they were filled, and
/// a wrapper per row would be paid for millions of times in a scan. For the same reason a missing
/// row is `null` here and nowhere above.
///
/// Owner: [io.kvorum.mvcc.rocks.StateBatch] and [io.kvorum.mvcc.rocks.BlockLedger] belong to the
/// thread `apply`, a [io.kvorum.mvcc.rocks.SnapshotView] may be read by any thread until its last
/// user lets it go, [io.kvorum.mvcc.rocks.StateDb] counts them all and closes last. May depend on
/// RocksDB and `io.kvorum.invariant` only.
///
/// Start reading at [io.kvorum.mvcc.rocks.Family], then [io.kvorum.mvcc.rocks.StoredRecord],
/// [io.kvorum.mvcc.rocks.HistoryEntry] and [io.kvorum.mvcc.rocks.StateDb].
@NullMarked
package io.kvorum.mvcc.rocks;

import org.jspecify.annotations.NullMarked;
