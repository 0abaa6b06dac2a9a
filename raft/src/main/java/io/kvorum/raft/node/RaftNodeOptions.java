package io.kvorum.raft.node;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.membership.MemberId;
import java.time.Duration;

/// How a member runs its core.
///
/// @param tick one period of the core's logical clock
/// @param inboxEntries proposals and reads that may wait for the thread `raft`; the next is refused
/// @param inboxBytes payload of the proposals that may wait; a larger one waits alone
public record RaftNodeOptions(
    MemberId self, RaftOptions core, Duration tick, int inboxEntries, long inboxBytes) {
  public RaftNodeOptions {
    Invariant.check(tick.isPositive(), "tick of %s", tick);
    Invariant.check(
        inboxEntries > 0 && inboxBytes > 0,
        "inbox of %d entries and %d bytes",
        inboxEntries,
        inboxBytes);
  }

  public static RaftNodeOptions defaults(MemberId self) {
    return of(self, RaftOptions.defaults(), Duration.ofMillis(100));
  }

  /// The inbox as by default.
  public static RaftNodeOptions of(MemberId self, RaftOptions core, Duration tick) {
    return new RaftNodeOptions(self, core, tick, 64 << 10, 32L << 20);
  }
}
