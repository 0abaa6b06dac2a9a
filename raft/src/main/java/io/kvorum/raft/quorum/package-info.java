/// The arithmetic of quorums: which index, read round or vote has the backing it needs.
///
/// Elections, commits, read confirmations and the leader's own liveness check all ask here, so that
/// "a majority of each half" is defined in one place (Raft §6; raft.md M5).
///
/// Pure; depends on `membership` only. Start reading at [io.kvorum.raft.quorum.Quorum].
@NullMarked
package io.kvorum.raft.quorum;

import org.jspecify.annotations.NullMarked;
