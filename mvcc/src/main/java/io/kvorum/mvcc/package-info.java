/// The multi-version store: keys and values by revision, with history until it is compacted.
///
/// The thread `apply` writes: it opens an [io.kvorum.mvcc.ApplyBatch] per committed batch of log
/// entries, one [io.kvorum.mvcc.WriteTxn] per command in it, and commits all of it in one atomic
/// write. Any thread reads through a [io.kvorum.mvcc.ReadTxn], which pins one published state.
/// Files are flushed and old history is dropped by the thread `state-files`.
///
/// Knows neither Raft nor gRPC nor leases' deadlines; may depend on `io.kvorum.mvcc.rocks`,
/// protobuf's `ByteString` and `io.kvorum.invariant`. The same log gives the same bytes on every
/// member: no clock, no randomness, no unordered iteration.
///
/// Start reading at [io.kvorum.mvcc.MvccStore]; for a put go on to [io.kvorum.mvcc.WriteTxn] and
/// [io.kvorum.mvcc.KeyChanges], for a range to [io.kvorum.mvcc.ReadTxn] and
/// [io.kvorum.mvcc.RangeReader].
@NullMarked
package io.kvorum.mvcc;

import org.jspecify.annotations.NullMarked;
