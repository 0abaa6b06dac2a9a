/// When a linearizable read may run: after this member has applied everything that was committed
/// when the read arrived (raft.md RI1-RI6).
///
/// One ReadIndex round is outstanding at a time; reads that arrive meanwhile join the next one. A
/// callback runs on the event loop its caller named; reads released together reach a loop as one
/// task. The applied index is written by the thread `apply` and read by any thread.
///
/// Start reading at `LinearizableReads`.
@NullMarked
package io.kvorum.server.read;

import org.jspecify.annotations.NullMarked;
