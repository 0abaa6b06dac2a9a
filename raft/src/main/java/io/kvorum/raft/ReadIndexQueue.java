package io.kvorum.raft;

import io.kvorum.raft.membership.MemberId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/// The linearizable reads that wait for their leader to be confirmed (thesis §6.4; raft.md
/// RI1-RI5).
///
/// ```
/// arrival ──▶ parked (no own-term commit yet) ──release──▶ joined ──startRound──▶ open ──confirm──▶
///        └───────────────── own-term commit known ────────────▲
/// ```
///
/// A read joins the round that starts after its arrival; acknowledgements are matched by round, a
/// counter of this leadership, never by anything a client chose (RI4).
final class ReadIndexQueue {
  /// A read of the leader's own shell or of another member, with the index it must see applied.
  record Read(MemberId origin, long token, long index, long round) {}

  private final int limit;
  private final List<Read> parked = new ArrayList<>();
  private final Deque<Read> joined = new ArrayDeque<>();
  private long lastRound;

  ReadIndexQueue(int limit) {
    this.limit = limit;
  }

  boolean isFull() {
    return parked.size() + joined.size() >= limit;
  }

  /// Parks a read that came before the first commit of this leadership (RI1).
  void park(MemberId origin, long token) {
    parked.add(new Read(origin, token, 0, 0));
  }

  /// Lets a read join the next round.
  void join(MemberId origin, long token, long commitIndex) {
    joined.addLast(new Read(origin, token, commitIndex, lastRound + 1));
  }

  /// Lets all parked reads join the next round (RI3).
  void release(long commitIndex) {
    for (Read read : parked) {
      join(read.origin(), read.token(), commitIndex);
    }
    parked.clear();
  }

  /// Starts a round if a read waits for one; every read that joined until now is in it.
  boolean startRound() {
    if (joined.isEmpty() || joined.getLast().round() <= lastRound) {
      return false;
    }
    lastRound++;
    return true;
  }

  /// The round that heartbeats carry.
  long lastRound() {
    return lastRound;
  }

  /// Hands out every read of the rounds up to `round`, in order of arrival.
  void confirm(long round, Consumer<Read> receiver) {
    while (!joined.isEmpty() && joined.getFirst().round() <= round) {
      receiver.accept(joined.removeFirst());
    }
  }

  /// Hands out everything that waits: this leadership ends (RI5).
  void abort(Consumer<Read> receiver) {
    parked.forEach(receiver);
    parked.clear();
    joined.forEach(receiver);
    joined.clear();
  }
}
