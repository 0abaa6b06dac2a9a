package io.kvorum.raft;

import io.kvorum.invariant.Invariant;

/// The limits and periods of the core. Every bound that the core keeps by itself is here.
public record RaftOptions(Election election, Replication replication, Limits limits, Tail tail) {
  public static RaftOptions defaults() {
    return new RaftOptions(
        new Election(10, 1, true, true),
        new Replication(1L << 20, 512, 16L << 20),
        new Limits(256L << 20, 64L << 20, 16 << 10, 8, 16L << 20),
        new Tail(5_000, 16L << 20));
  }

  public RaftOptions withElection(Election newElection) {
    return new RaftOptions(newElection, replication, limits, tail);
  }

  public RaftOptions withLimits(Limits newLimits) {
    return new RaftOptions(election, replication, newLimits, tail);
  }

  public RaftOptions withTail(Tail newTail) {
    return new RaftOptions(election, replication, limits, newTail);
  }

  /// When members campaign and leaders speak.
  ///
  /// @param timeoutTicks E of the protocol: a timeout is drawn from `[E, 2E)`
  /// @param preVote ask whether a campaign could be won before disturbing anyone (thesis §9.6)
  /// @param checkQuorum a leader that hears no quorum for E ticks steps down, and members that hear
  ///   a leader ignore campaigns (thesis §6.2)
  public record Election(
      int timeoutTicks, int heartbeatTicks, boolean preVote, boolean checkQuorum) {
    public Election {
      Invariant.check(
          heartbeatTicks > 0 && timeoutTicks > heartbeatTicks,
          "election timeout of %d ticks with heartbeats every %d",
          timeoutTicks,
          heartbeatTicks);
    }
  }

  /// What may be under way to one peer.
  ///
  /// @param appendBytes payload of one append message; a larger entry travels alone
  /// @param windowMessages appends under way to one peer
  /// @param windowBytes payload under way to one peer; the last message may overshoot. What exceeds
  ///   the queue to the peer, or its inbox, would be lost and sent again.
  public record Replication(long appendBytes, int windowMessages, long windowBytes) {
    public Replication {
      Invariant.check(
          appendBytes > 0 && windowMessages > 0 && windowBytes >= appendBytes,
          "an append of %d bytes does not fit a window of %d messages and %d bytes",
          appendBytes,
          windowMessages,
          windowBytes);
    }
  }

  /// What the core holds at most.
  ///
  /// @param uncommittedBytes payload a leader has accepted and not yet applied; beyond it proposals
  ///   are refused (raft.md B1)
  /// @param applyBytes committed payload handed out and not yet applied; beyond it the rest waits,
  ///   and where as much waits, a follower takes no more
  /// @param pendingReads reads waiting for a leader's confirmation; beyond it they are aborted
  /// @param outstandingWrites storage commands under way; what comes meanwhile joins the next one
  /// @param writeBytes payload of one storage command; a larger entry makes a command of its own
  public record Limits(
      long uncommittedBytes,
      long applyBytes,
      int pendingReads,
      int outstandingWrites,
      long writeBytes) {
    public Limits {
      Invariant.check(
          uncommittedBytes > 0
              && applyBytes > 0
              && pendingReads > 0
              && outstandingWrites > 0
              && writeBytes > 0,
          "a limit of zero stops the member");
    }
  }

  /// What is kept of the log behind the applied index, in memory and when its prefix is dropped, so
  /// that a slow follower does not need a snapshot at once (raft.md S10). Both limits hold.
  public record Tail(int entries, long bytes) {
    public Tail {
      Invariant.check(entries >= 0 && bytes >= 0, "negative tail");
    }
  }
}
