package io.kvorum.server.apply;

import io.kvorum.server.config.MemberConfig;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/// Decides when history is compacted without being asked, and up to where (operations.md §5.8).
/// Pure: time and revision are arguments. Runs on the leader only; a member that does not lead
/// starts over.
///
/// * *Periodic*, retention N: the revision is noted every min(N, 1 h) / 10; once N has passed,
///   history is compacted up to the note that is N old, every min(N, 1 h).
/// * *Revision*, retention N: every 5 minutes up to N revisions behind the newest.
final class AutoCompaction {
  private static final Duration REVISION_INTERVAL = Duration.ofMinutes(5);
  private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);
  private static final int NOTES_PER_INTERVAL = 10;

  private final MemberConfig.AutoCompaction mode;
  private final Deque<Note> notes = new ArrayDeque<>();
  private long nextNanos;
  private boolean running;
  private long lastCompacted;

  private record Note(long revision, long nanos) {}

  AutoCompaction(MemberConfig.AutoCompaction mode) {
    this.mode = mode;
  }

  /// Stops the schedule, as on a member that has lost the leadership.
  void pause() {
    running = false;
    notes.clear();
  }

  /// The revision to compact at now, if one is due. Called at least once per second while leading.
  OptionalLong due(long revision, long nowNanos) {
    return switch (mode) {
      case MemberConfig.AutoCompaction.Off _ -> OptionalLong.empty();
      case MemberConfig.AutoCompaction.Revisions(var kept) -> byRevision(revision - kept, nowNanos);
      case MemberConfig.AutoCompaction.Periodic(var retention) ->
          periodic(retention, revision, nowNanos);
    };
  }

  private OptionalLong byRevision(long target, long nowNanos) {
    if (!running) {
      running = true;
      nextNanos = nowNanos + REVISION_INTERVAL.toNanos();
    }
    if (nowNanos - nextNanos < 0) {
      return OptionalLong.empty();
    }
    nextNanos = nowNanos + REVISION_INTERVAL.toNanos();
    return worthIt(target);
  }

  private OptionalLong periodic(Duration retention, long revision, long nowNanos) {
    Duration interval = retention.compareTo(LONGEST_INTERVAL) < 0 ? retention : LONGEST_INTERVAL;
    long noteNanos = Math.max(1, interval.toNanos() / NOTES_PER_INTERVAL);
    if (!running) {
      running = true;
      notes.add(new Note(revision, nowNanos));
      nextNanos = nowNanos + retention.toNanos();
    }
    if (nowNanos - notes.getLast().nanos() >= noteNanos) {
      notes.add(new Note(revision, nowNanos));
    }
    if (nowNanos - nextNanos < 0) {
      return OptionalLong.empty();
    }
    nextNanos = nowNanos + interval.toNanos();
    while (notes.size() > 1 && nowNanos - second().nanos() >= retention.toNanos()) {
      notes.removeFirst();
    }
    return worthIt(notes.getFirst().revision());
  }

  private Note second() {
    var all = notes.iterator();
    all.next();
    return all.next();
  }

  private OptionalLong worthIt(long target) {
    if (target <= 0 || target == lastCompacted) {
      return OptionalLong.empty();
    }
    lastCompacted = target;
    return OptionalLong.of(target);
  }
}
