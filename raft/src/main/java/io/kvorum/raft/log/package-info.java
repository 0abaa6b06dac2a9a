/// The Raft log on disk: segment files, their recovery, and the thread `log` that writes them.
///
/// The format is decision 4 (`docs/decisions/0004-raft-log-format.md`); the rules W1-W14 cited here
/// are the contract of `raft.md` §3. Everything that writes is owned by the thread `log` through
/// [io.kvorum.raft.log.LogWriter]; [io.kvorum.raft.log.LogStore#read] may be called by any thread.
/// Disk access goes through [io.kvorum.raft.log.LogFiles], so that tests can tear, lose and refuse.
///
/// Depends on the values of `io.kvorum.raft` and `io.kvorum.raft.membership`, never on the core.
/// Start reading at [io.kvorum.raft.log.SegmentedLog], then `LogRecovery`.
@NullMarked
package io.kvorum.raft.log;

import org.jspecify.annotations.NullMarked;
