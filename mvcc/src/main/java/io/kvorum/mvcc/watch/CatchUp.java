package io.kvorum.mvcc.watch;

import io.kvorum.mvcc.watch.Cohort.Activity;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/// Moves the cohorts of an event loop that are behind: first what is pending, then the ring, and
/// what the ring no longer has from history.
///
/// They take turns of one slice. A cohort is only fed while its stream is ready, so what a slow
/// client costs is decided by its client. The last slice read is kept while there are readers, and
/// who is inside a slice on its way waits for it; after it they are level, so that a thousand
/// streams which resume together read history about once.
final class CatchUp {
  private static final int MAX_READS = 2;

  private final WatchFeed feed;
  private final HistoryReads history;
  private final WatchLimits limits;
  private final Executor loop;
  private final Runnable moreToDo;
  private final HeldEvents held;
  private final ArrayDeque<Cohort> queue = new ArrayDeque<>();
  private final List<Cohort> waiting = new ArrayList<>();
  private final Set<Long> reading = new HashSet<>();
  private List<RevisionBlock> lastRead = List.of();

  /// @param moreToDo asks the loop for another turn
  CatchUp(
      WatchFeed feed, HistoryReads history, WatchLimits limits, Executor loop, Runnable moreToDo) {
    this.feed = feed;
    this.history = history;
    this.limits = limits;
    this.loop = loop;
    this.moreToDo = moreToDo;
    this.held = new HeldEvents(limits.heldBytes());
  }

  /// Has `cohort` make a step in one of the next turns.
  void wake(Cohort cohort) {
    if (cohort.activity() == Activity.IDLE) {
      cohort.activity(Activity.QUEUED);
      queue.add(cohort);
      moreToDo.run();
    }
  }

  /// `cohort` has pending events that its stream does not take now.
  void hold(Cohort cohort) {
    held.hold(cohort);
  }

  /// `cohort` is no more.
  void forget(Cohort cohort) {
    cohort.dropPending();
    held.release(cohort);
    cohort.activity(Activity.RETIRED);
  }

  /// Makes up to `maxSteps` steps.
  void run(int maxSteps) {
    for (int steps = 0; steps < maxSteps && !queue.isEmpty(); steps++) {
      Cohort cohort = queue.remove();
      if (cohort.activity() == Activity.QUEUED) {
        cohort.activity(Activity.IDLE);
        step(cohort);
        cohort.stream().report();
      }
    }
    if (!queue.isEmpty()) {
      moreToDo.run();
    } else if (waiting.isEmpty() && reading.isEmpty()) {
      lastRead = List.of();
    }
  }

  private void step(Cohort cohort) {
    if (!flush(cohort)) {
      return;
    }
    Cohorts cohorts = cohort.stream().cohorts();
    long end = cohorts.end(cohort);
    if (cohort.isEmpty() && cohort.position() < end) {
      cohort.skipTo(end);
    }
    if (cohort.position() >= end) {
      cohorts.arrived(cohort);
    } else if (cohort.stream().isReady()) {
      advance(cohort, end);
    }
  }

  private void advance(Cohort cohort, long end) {
    List<RevisionBlock> blocks = feed.ring().read(cohort.position(), end, limits.slice());
    if (blocks.isEmpty()) {
      blocks = lastReadFrom(cohort.position(), end);
    }
    if (blocks.isEmpty()) {
      readOrWait(cohort);
      return;
    }
    cohort.feed(blocks, history.head());
    if (flush(cohort)) {
      wake(cohort);
    }
  }

  /// Returns whether nothing is pending any more.
  private boolean flush(Cohort cohort) {
    if (cohort.flush()) {
      held.release(cohort);
      return true;
    }
    held.hold(cohort);
    return false;
  }

  private List<RevisionBlock> lastReadFrom(long position, long end) {
    if (lastRead.isEmpty()) {
      return List.of();
    }
    long first = lastRead.getFirst().revision();
    long to = Math.min(first + lastRead.size(), end);
    return first <= position && position < to
        ? lastRead.subList((int) (position - first), (int) (to - first))
        : List.of();
  }

  private void readOrWait(Cohort cohort) {
    if (reading.size() == MAX_READS || isBeingRead(cohort.position())) {
      cohort.activity(Activity.WAITING_TO_READ);
      waiting.add(cohort);
    } else {
      cohort.activity(Activity.READING);
      long from = cohort.position();
      reading.add(from);
      history.read(from, loop, slice -> finished(cohort, from, slice));
    }
  }

  /// Whether a slice on its way probably holds the revision.
  private boolean isBeingRead(long revision) {
    for (long from : reading) {
      if (from <= revision && revision < from + limits.slice().events()) {
        return true;
      }
    }
    return false;
  }

  private void finished(Cohort cohort, long from, HistoryReads.Slice slice) {
    reading.remove(from);
    switch (slice) {
      case HistoryReads.Slice.Read(List<RevisionBlock> blocks) -> lastRead = blocks;
      case HistoryReads.Slice.Overtaken(long compacted) -> {
        if (cohort.activity() == Activity.READING) {
          long newest = Math.max(compacted, feed.newest().compacted());
          cohort.stream().cohorts().cancelBelow(cohort, newest);
        }
      }
    }
    if (cohort.activity() == Activity.READING) {
      // At once, before another slice takes the place of this one.
      cohort.activity(Activity.IDLE);
      step(cohort);
      cohort.stream().report();
    }
    List<Cohort> others = List.copyOf(waiting);
    waiting.clear();
    for (Cohort other : others) {
      if (other.activity() == Activity.WAITING_TO_READ) {
        other.activity(Activity.IDLE);
        wake(other);
      }
    }
  }

  /// Heap that matched events of streams that are not ready keep, at most.
  long heldBytes() {
    return held.bytes();
  }
}
