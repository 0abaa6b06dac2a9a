/// The shell around the Raft core: the thread `raft`, which feeds inputs and ticks to the core and
/// carries out what it returns, in the order `Ready` states.
///
/// No decision about the protocol is made here. Everybody else talks to the thread through a
/// bounded inbox; it talks back through [io.kvorum.raft.node.RaftListener] and to the disk through
/// `io.kvorum.raft.log`. Start reading at [io.kvorum.raft.node.RaftNode].
@NullMarked
package io.kvorum.raft.node;

import org.jspecify.annotations.NullMarked;
