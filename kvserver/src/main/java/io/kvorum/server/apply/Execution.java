package io.kvorum.server.apply;

import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.raft.EntryId;
import java.util.function.LongSupplier;

/// What a command is executed with.
///
/// @param clock this member's time, which may reach only what is not replicated: the deadlines of a
///   leader's leases
record Execution(ApplyBatch batch, EntryId entry, Audience audience, LongSupplier clock) {
  /// Whether somebody on this member waits for the answer. If not, answers need not be built; what
  /// is written must not differ.
  enum Audience {
    AWAITED,
    NOBODY
  }

  boolean isAwaited() {
    return audience == Audience.AWAITED;
  }
}
