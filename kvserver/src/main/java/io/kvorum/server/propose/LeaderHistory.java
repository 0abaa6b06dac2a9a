package io.kvorum.server.propose;

import io.kvorum.raft.membership.MemberId;
import java.time.Duration;
import java.util.Optional;

/// When the leader last changed, to say what delayed a command.
///
/// Written by the thread `raft`, read by any thread.
final class LeaderHistory {
  private record Reign(Optional<MemberId> leader, long sinceNanos) {}

  private final long windowNanos;
  private volatile Reign reign;

  LeaderHistory(Duration window, long nowNanos) {
    this.windowNanos = window.toNanos();
    this.reign = new Reign(Optional.empty(), nowNanos - windowNanos);
  }

  /// Takes over who leads now. True if that is somebody else than before, and not nobody.
  boolean changedTo(Optional<MemberId> leader, long nowNanos) {
    if (reign.leader().equals(leader)) {
      return false;
    }
    reign = new Reign(leader, nowNanos);
    return leader.isPresent();
  }

  boolean hasLeader() {
    return reign.leader().isPresent();
  }

  /// Whether a command submitted then was under way around the election of the present leader.
  boolean electionAround(long submittedNanos) {
    Reign now = reign;
    return now.leader().isPresent()
        && submittedNanos < now.sinceNanos()
        && submittedNanos > now.sinceNanos() - windowNanos;
  }
}
