package io.kvorum.raft.simulation;

import java.util.PriorityQueue;

/// Virtual time and what is due: events leave in order of time, and in order of arrival at one
/// time.
final class Agenda {
  private record Due(long atMicros, long order, Event event) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      int byTime = Long.compare(atMicros, other.atMicros);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Due> due = new PriorityQueue<>(256);
  private long order;
  private long nowMicros;

  long nowMicros() {
    return nowMicros;
  }

  void after(long delayMicros, Event event) {
    due.add(new Due(nowMicros + Math.max(0, delayMicros), order++, event));
  }

  /// Moves time to the next event and returns it. Ticks keep coming, so there always is one.
  Event next() {
    Due next = due.remove();
    nowMicros = next.atMicros();
    return next.event();
  }
}
