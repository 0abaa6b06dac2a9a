package io.kvorum.raft.simulation;

import java.util.ArrayDeque;
import java.util.Deque;

/// The last events of a run, and a hash of all of them: two runs with one hash went the same way
/// (I23).
final class Trace {
  private record Line(long number, long atMicros, Object event) {
    @Override
    public String toString() {
      return "%7d %9.3f ms  %s".formatted(number, atMicros / 1_000.0, event);
    }
  }

  private final int length;
  private final Deque<Line> lines = new ArrayDeque<>();
  private long events;
  private long hash;

  Trace(int length) {
    this.length = length;
  }

  void event(long atMicros, Event event) {
    events++;
    hash = LogImage.mix(hash, atMicros);
    lines.addLast(new Line(events, atMicros, event));
    if (lines.size() > length) {
      lines.removeFirst();
    }
  }

  /// Takes in what an event has made of a process.
  void outcome(MemberProcess process) {
    hash = LogImage.mix(hash, process.id().value());
    hash = LogImage.mix(hash, process.core.lastIndex());
    hash = LogImage.mix(hash, process.core.commitIndex());
    hash = LogImage.mix(hash, process.core.appliedIndex());
    hash = LogImage.mix(hash, process.seen.role.term());
  }

  long events() {
    return events;
  }

  long hash() {
    return hash;
  }

  void appendTo(StringBuilder report) {
    lines.forEach(line -> report.append(line).append('\n'));
  }
}
