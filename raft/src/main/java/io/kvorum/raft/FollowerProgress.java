package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.PeerProgress.Mode;
import java.util.ArrayDeque;
import java.util.Deque;

/// What a leader knows of one other member's log, and how much it may send there (raft.md R1-R4;
/// `match < next` always).
///
/// ```
///                  ack                       full window: pauses,
///        PROBE ───────────────▶ REPLICATE    one append per heartbeat reply
///        ▲ │ ▲  one append at     │   ▲
///        │ │ │  a time            │   │
///        │ │ └────────────────────┘   │ ack that connects to our log
///        │ │  rejection, unreachable  │
///        │ └──────────▶ SNAPSHOT ─────┘
///        └───────────────────┘ stream delivered or failed
/// ```
final class FollowerProgress {
  private record InFlight(long lastIndex, long bytes) {}

  private final RaftOptions.Replication limits;
  private final Deque<InFlight> inFlight = new ArrayDeque<>();
  private Mode mode = Mode.PROBE;
  private long matchIndex;
  private long nextIndex;
  private long inFlightBytes;
  private long commitSent;
  private long confirmedRound;
  private boolean isProbeSent;
  private boolean isExtraAppendAllowed;
  private boolean isReading;
  private long snapshotIndex;
  private long readingFrom;
  private boolean isRecentlyActive;

  FollowerProgress(RaftOptions.Replication limits, long nextIndex) {
    this.limits = limits;
    this.nextIndex = nextIndex;
    this.isRecentlyActive = true;
  }

  /// A copy for others to look at.
  PeerProgress view() {
    return new PeerProgress(
        mode, matchIndex, nextIndex, inFlight.size(), isPaused(), isRecentlyActive);
  }

  long matchIndex() {
    return matchIndex;
  }

  long nextIndex() {
    return nextIndex;
  }

  long confirmedRound() {
    return confirmedRound;
  }

  boolean isRecentlyActive() {
    return isRecentlyActive;
  }

  /// Any reply shows that the member lives (E8).
  void markActive() {
    isRecentlyActive = true;
  }

  /// Starts the next period of the leader's check of its quorum.
  void clearActive() {
    isRecentlyActive = false;
  }

  boolean isPaused() {
    if (isReading) {
      return true;
    }
    return switch (mode) {
      case PROBE -> isProbeSent;
      case REPLICATE -> isWindowFull() && !isExtraAppendAllowed;
      case SNAPSHOT -> true;
    };
  }

  /// Whether the window has room for entries; an append that a full window allows is empty.
  boolean hasRoom() {
    return mode != Mode.REPLICATE || !isWindowFull();
  }

  private boolean isWindowFull() {
    return inFlight.size() >= limits.windowMessages() || inFlightBytes >= limits.windowBytes();
  }

  /// Whether the member could use the news that `commitIndex` is committed (R10).
  boolean lacksCommit(long commitIndex) {
    return commitSent < Math.min(commitIndex, nextIndex - 1);
  }

  /// The next entries are being read from the log: nothing is sent before they come.
  void readStarted() {
    isReading = true;
    readingFrom = nextIndex;
  }

  /// The entries from `fromIndex` are read; returns whether they are what comes next.
  boolean readDone(long fromIndex) {
    if (!isReading || fromIndex != readingFrom) {
      return false;
    }
    isReading = false;
    return fromIndex == nextIndex;
  }

  void sent(int entries, long bytes, long commitIndex) {
    commitSent = Math.max(commitSent, Math.min(commitIndex, nextIndex - 1 + entries));
    isExtraAppendAllowed = false;
    switch (mode) {
      case PROBE -> isProbeSent = true;
      case REPLICATE -> {
        if (entries > 0) {
          nextIndex += entries;
          inFlight.addLast(new InFlight(nextIndex - 1, bytes));
          inFlightBytes += bytes;
        }
      }
      case SNAPSHOT -> throw new InvariantViolation("append while a snapshot is under way");
    }
  }

  /// A snapshot was asked for: nothing is sent until it is there or a heartbeat is answered (S1).
  void snapshotWanted() {
    probeFrom(nextIndex);
    isProbeSent = true;
  }

  /// Whether a snapshot at `index` would bring the member closer to a log that begins after
  /// `baseIndex`.
  boolean needsSnapshot(long index, long baseIndex) {
    return mode == Mode.PROBE && nextIndex <= baseIndex && index >= baseIndex;
  }

  /// A snapshot at `index` is being sent.
  void snapshotStarted(long index) {
    mode = Mode.SNAPSHOT;
    snapshotIndex = index;
  }

  /// The stream of the snapshot at `index` has ended. Waits for the member's next reply, so that an
  /// append does not overtake the snapshot (R4).
  void snapshotSent(long index, Delivery delivery) {
    if (mode == Mode.SNAPSHOT && index == snapshotIndex) {
      probeFrom(
          switch (delivery) {
            case DELIVERED -> Math.max(matchIndex, snapshotIndex) + 1;
            case FAILED -> matchIndex + 1;
          });
      isProbeSent = true;
    }
  }

  /// The member holds our log up to `index`, and ours goes on after `baseIndex`. Returns whether
  /// that is news.
  boolean matched(long index, long baseIndex) {
    while (!inFlight.isEmpty() && inFlight.getFirst().lastIndex() <= index) {
      inFlightBytes -= inFlight.removeFirst().bytes();
    }
    boolean isNews = index > matchIndex;
    matchIndex = Math.max(matchIndex, index);
    nextIndex = Math.max(nextIndex, matchIndex + 1);
    boolean isAgreed =
        switch (mode) {
          case PROBE -> index == matchIndex;
          case REPLICATE -> false;
          case SNAPSHOT -> matchIndex >= baseIndex;
        };
    if (isAgreed) {
      mode = Mode.REPLICATE;
      isProbeSent = false;
      nextIndex = matchIndex + 1;
    }
    checkOrder();
    return isNews;
  }

  /// The member refused an append that followed `rejectedIndex`. Returns false if the refusal is
  /// outdated (R8); otherwise the next probe follows `probeIndex` at most.
  boolean rejected(long rejectedIndex, long probeIndex) {
    boolean isCurrent =
        switch (mode) {
          case PROBE -> rejectedIndex == nextIndex - 1;
          case REPLICATE -> rejectedIndex > matchIndex;
          case SNAPSHOT -> false;
        };
    if (isCurrent) {
      probeFrom(
          mode == Mode.REPLICATE
              ? matchIndex + 1
              : Math.max(Math.min(rejectedIndex, probeIndex + 1), matchIndex + 1));
    }
    return isCurrent;
  }

  /// What is under way may be lost.
  void unreachable() {
    if (mode == Mode.REPLICATE) {
      probeFrom(matchIndex + 1);
    }
  }

  /// A heartbeat reply: what was under way before it is lost or has arrived (R2, R3).
  void heartbeatAnswered(long readRound) {
    confirmedRound = Math.max(confirmedRound, readRound);
    isProbeSent = false;
    isExtraAppendAllowed = isWindowFull();
  }

  /// Whether a heartbeat reply calls for an append: the member lags, or has to leave PROBE (R5).
  boolean needsAppend(long lastIndex) {
    return matchIndex < lastIndex || mode == Mode.PROBE;
  }

  private void probeFrom(long index) {
    mode = Mode.PROBE;
    nextIndex = index;
    commitSent = Math.min(commitSent, nextIndex - 1);
    isProbeSent = false;
    isReading = false;
    inFlight.clear();
    inFlightBytes = 0;
    checkOrder();
  }

  private void checkOrder() {
    Invariant.check(
        matchIndex < nextIndex, "match %d is not before next %d", matchIndex, nextIndex);
  }
}
