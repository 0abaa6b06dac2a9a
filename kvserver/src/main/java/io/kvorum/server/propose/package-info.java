/// From a validated command to its outcome: refused, done or unknown, never blurred (raft.md B4).
///
/// A command gets its identity (member, boot epoch, sequence), is encoded once, and waits here,
/// bounded, until the thread `apply` answers it, it times out, or the member stops. Callers come
/// from any thread; a callback runs on the event loop its caller named, and the answers of one
/// applied batch reach a loop as one task.
///
/// Start reading at `Proposals`.
@NullMarked
package io.kvorum.server.propose;

import org.jspecify.annotations.NullMarked;
