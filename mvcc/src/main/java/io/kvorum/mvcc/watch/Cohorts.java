package io.kvorum.mvcc.watch;

import io.kvorum.invariant.Invariant;
import java.util.ArrayList;
import java.util.List;

/// The positions of one stream: its *live* watchers, which follow the present as fast as the stream
/// takes it, and a few *late* cohorts that still read the past and then join the live ones.
///
/// ```
///            late cohorts                      live cohort        synced position = present
///  ─────●──────────●───────────────────────────────●─────────────────────●──▶ revisions
///       └──────────┴── join when they arrive ──────▶└── in step when it ─▶┘
/// ```
///
/// While the live cohort is in step its position is that of [SyncedWatchers], and no revision costs
/// the stream anything unless it matches.
final class Cohorts {
  /// Starts far apart get a cohort each, so that a near one need not wait for a far one; beyond
  /// this many they share the one that is furthest back.
  private static final int MAX_LATE_COHORTS = 4;

  private final WatchStream stream;
  private final SyncedWatchers synced;
  private final CatchUp catchUp;
  private final int sliceEvents;
  private final Cohort live;
  private final List<Cohort> late = new ArrayList<>(0);
  private boolean inStep = true;

  Cohorts(WatchStream stream, SyncedWatchers synced, CatchUp catchUp, int sliceEvents) {
    this.stream = stream;
    this.synced = synced;
    this.catchUp = catchUp;
    this.sliceEvents = sliceEvents;
    this.live = new Cohort(stream, synced.position());
  }

  boolean isInStep() {
    return inStep;
  }

  /// Whether every watcher has been told everything below the synced position.
  boolean areCaughtUp() {
    return inStep && late.isEmpty();
  }

  boolean isCaughtUp(Watcher watcher) {
    return inStep && watcher.cohort() == live;
  }

  /// How many watchers are not caught up.
  int slowWatchers() {
    int slow = inStep ? 0 : live.size();
    for (Cohort cohort : late) {
      slow += cohort.size();
    }
    return slow;
  }

  int pendingEvents() {
    int events = live.pendingEvents();
    for (Cohort cohort : late) {
      events += cohort.pendingEvents();
    }
    return events;
  }

  /// Takes in a new watcher at the revision it starts with.
  void place(Watcher watcher) {
    if (watcher.next() >= livePosition()) {
      joinLive(watcher);
      return;
    }
    Cohort cohort = lateCohortFor(watcher.next());
    cohort.add(watcher);
    catchUp.wake(cohort);
  }

  /// Takes out a watcher that has ended.
  void remove(Watcher watcher) {
    Cohort cohort = watcher.cohort();
    if (cohort == null) {
      return;
    }
    if (cohort == live) {
      synced.remove(watcher);
    }
    cohort.remove(watcher);
    if (cohort != live && cohort.isEmpty()) {
      retire(cohort);
    }
  }

  /// Sends a delivery of the revision just matched, or leaves the step with it.
  void deliverLive(Delivery delivery, RevisionBlock block) {
    if (inStep && stream.isReady()) {
      stream.deliver(delivery, block.revision());
      return;
    }
    inStep = false;
    live.hold(delivery, block);
    catchUp.hold(live);
    stream.report();
  }

  /// The loop could not follow: the live cohort goes on alone from `position`.
  void fallBehind(long position) {
    if (inStep) {
      inStep = false;
      live.skipTo(position);
      catchUp.wake(live);
    }
  }

  /// The revision at which `cohort` has nothing more to read: the present for the live one, the
  /// live one's position for the late ones.
  long end(Cohort cohort) {
    return cohort == live ? synced.position() : livePosition();
  }

  private long livePosition() {
    return inStep ? synced.position() : live.position();
  }

  /// `cohort` has told everything below its [#end].
  void arrived(Cohort cohort) {
    if (cohort == live) {
      inStep = true;
      return;
    }
    for (Watcher watcher : stream.watchersOf(cohort)) {
      watcher.raiseNext(cohort.position());
      cohort.remove(watcher);
      joinLive(watcher);
    }
    retire(cohort);
  }

  /// History below `compacted` is gone: the watchers of `cohort` that need it end, the others go
  /// on.
  void cancelBelow(Cohort cohort, long compacted) {
    for (Watcher watcher : stream.watchersOf(cohort)) {
      if (Math.max(watcher.next(), cohort.position()) < compacted) {
        stream.compacted(watcher, compacted);
      }
    }
    cohort.skipTo(Math.max(cohort.position(), Math.min(compacted, end(cohort))));
  }

  /// The stream takes more again.
  void ready() {
    if (!inStep) {
      catchUp.wake(live);
    }
    for (Cohort cohort : late) {
      catchUp.wake(cohort);
    }
  }

  void close() {
    catchUp.forget(live);
    List.copyOf(late).forEach(this::retire);
    inStep = true;
  }

  private void joinLive(Watcher watcher) {
    live.add(watcher);
    synced.add(watcher);
  }

  private void retire(Cohort cohort) {
    Invariant.check(late.remove(cohort), "a late cohort is retired twice");
    catchUp.forget(cohort);
  }

  private Cohort lateCohortFor(long revision) {
    for (Cohort cohort : late) {
      if (cohort.position() <= revision && revision - cohort.position() <= sliceEvents) {
        return cohort;
      }
    }
    if (late.size() < MAX_LATE_COHORTS) {
      Cohort cohort = new Cohort(stream, revision);
      late.add(cohort);
      return cohort;
    }
    Cohort last = late.getFirst();
    for (Cohort cohort : late) {
      if (cohort.position() < last.position()) {
        last = cohort;
      }
    }
    if (revision < last.position()) {
      last.lowerTo(revision);
    }
    return last;
  }
}
