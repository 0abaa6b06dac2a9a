package io.kvorum.raft;

import java.util.random.RandomGenerator;

/// Counts the ticks since a member last heard from a leader or granted a vote, against a timeout
/// drawn anew for every role and term, so that members do not stay in lockstep (raft.md E1).
final class ElectionTimer {
  private static final int HASTENED_HEARTBEATS = 3;

  private final RaftOptions.Election options;
  private final RandomGenerator random;
  private int timeoutTicks;
  private int elapsedTicks;
  private boolean isHastened;

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
    if (isHastened) {
      isHastened = false;
      redraw();
    }
  }

  /// Nobody is waited for any more: due within a few heartbeats, unless it is reset after all.
  /// Drawn too, since all members learn of a leader's end at the same moment.
  void hasten() {
    if (!isHastened) {
      isHastened = true;
      int drawn = 1 + random.nextInt(HASTENED_HEARTBEATS * options.heartbeatTicks());
      timeoutTicks = Math.min(timeoutTicks, elapsedTicks + drawn);
    }
  }

  boolean isDue() {
    return elapsedTicks >= timeoutTicks;
  }

  /// Whether a leader was heard so lately that nobody else should campaign (E7).
  boolean isWithinElectionTimeout() {
    return !isHastened && elapsedTicks < options.timeoutTicks();
  }
}
