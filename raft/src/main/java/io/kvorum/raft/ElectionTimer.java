package io.kvorum.raft;

import java.util.random.RandomGenerator;

/// Counts the ticks since a member last heard from a leader or granted a vote, against a timeout
/// drawn anew for every role and term, so that members do not stay in lockstep (raft.md E1).
final class ElectionTimer {
  private final RaftOptions.Election options;
  private final RandomGenerator random;
  private int timeoutTicks;
  private int elapsedTicks;

  private ElectionTimer(RaftOptions.Election options, RandomGenerator random, int elapsedTicks) {
    this.options = options;
    this.random = random;
    this.elapsedTicks = elapsedTicks;
    redraw();
  }

  void redraw() {
    timeoutTicks = options.timeoutTicks() + random.nextInt(options.timeoutTicks());
  }

  static ElectionTimer started(RaftOptions.Election options, RandomGenerator random) {
    return new ElectionTimer(options, random, 0);
  }

  /// A timer with a new timeout that has run as long as this one: hearing of a new term is no sign
  /// of a living leader (etcd#17455).
  ElectionTimer redrawn() {
    return new ElectionTimer(options, random, elapsedTicks);
  }

  void tick() {
    elapsedTicks++;
  }

  void reset() {
    elapsedTicks = 0;
  }

  boolean isDue() {
    return elapsedTicks >= timeoutTicks;
  }

  /// Whether a leader was heard so lately that nobody else should campaign (E7).
  boolean isWithinElectionTimeout() {
    return elapsedTicks < options.timeoutTicks();
  }
}
