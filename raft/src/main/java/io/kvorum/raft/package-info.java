/// The Raft protocol as a pure state machine, and the values it speaks in.
///
/// Nothing here has a thread, a clock, a file, a socket, a logger or a source of randomness of its
/// own: inputs and ticks go in, one `Ready` value comes out, and the shell (`io.kvorum.raft.node`)
/// carries it out in the order the type states. The same inputs and the same seed give the same
/// effects in any JVM. Everything is owned by the thread `raft`, which is the only caller.
///
/// Depends on `membership` and `quorum` below it; `log` and `node` depend on it. Start reading at
/// `RaftCore`.
@NullMarked
package io.kvorum.raft;

import org.jspecify.annotations.NullMarked;
