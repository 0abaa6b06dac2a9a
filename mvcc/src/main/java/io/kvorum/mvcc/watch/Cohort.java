package io.kvorum.mvcc.watch;

import io.kvorum.invariant.Invariant;
import java.util.ArrayDeque;
import java.util.List;

/// Watchers of one stream that move through history together.
///
/// ```
///    told                pending                 not yet matched
///  ───────────┬───────────────────────────────┬──────────────────▶ revisions
///          replayFrom                      position
/// ```
///
/// Matched events wait in `pending` until the stream takes them. They are only kept for
/// convenience: dropping them moves `position` back to `replayFrom`, and matching again leaves out
/// the watchers that were told meanwhile, because each remembers its own next revision.
final class Cohort {
  /// Most events matched in one go (10,000 watchers of one key may see each revision).
  private static final int MAX_MATCHED_EVENTS = 16_384;

  /// Where a cohort that is behind stands in the queues of [CatchUp].
  enum Activity {
    IDLE,
    QUEUED,
    WAITING_TO_READ,
    READING,
    RETIRED
  }

  private final WatchStream stream;
  private final WatcherIndex index = new WatcherIndex();
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private long position;
  private long replayFrom;
  private long pendingBytes;
  private int pendingEvents;
  private Activity activity = Activity.IDLE;

  private record Pending(Delivery delivery, long headerRevision) {}

  Cohort(WatchStream stream, long position) {
    this.stream = stream;
    this.position = position;
    this.replayFrom = position;
  }

  WatchStream stream() {
    return stream;
  }

  void add(Watcher watcher) {
    watcher.join(this, index.add(watcher));
  }

  void remove(Watcher watcher) {
    index.remove(watcher.leaveCohort());
  }

  boolean isEmpty() {
    return index.isEmpty();
  }

  int size() {
    return index.size();
  }

  long position() {
    return position;
  }

  /// Goes on at `revision`: what is in between was done elsewhere, or concerns nobody here.
  void skipTo(long revision) {
    Invariant.check(pending.isEmpty(), "cohort at %d skips pending events", position);
    Invariant.check(revision >= position, "cohort at %d skips to %d", position, revision);
    position = revision;
  }

  /// Goes back to `revision`, for a watcher that starts there. The others keep how far they have
  /// come, so that a compaction up to there does not end them.
  void lowerTo(long revision) {
    dropPending();
    for (Watcher watcher : stream.watchersOf(this)) {
      watcher.raiseNext(position);
    }
    position = Math.min(position, revision);
  }

  /// Matches the blocks, of which the first is the one at the position, until enough is pending.
  ///
  /// @param headerRevision revision of the store, for the response headers
  void feed(List<RevisionBlock> blocks, long headerRevision) {
    Invariant.check(pending.isEmpty(), "cohort at %d fed before it is done", position);
    replayFrom = position;
    Matching matching = new Matching(index, _ -> true);
    for (RevisionBlock block : blocks) {
      Invariant.check(
          block.revision() == position, "cohort at %d fed %d", position, block.revision());
      matching.add(block);
      position++;
      pendingBytes += block.bytes();
      if (matching.events() >= MAX_MATCHED_EVENTS) {
        break;
      }
    }
    for (Delivery delivery : matching.deliveries()) {
      enqueue(delivery, Math.max(headerRevision, delivery.lastRevision()));
    }
  }

  /// Keeps a delivery of the revision just matched for the whole loop, which the stream could not
  /// take.
  void hold(Delivery delivery, RevisionBlock block) {
    if (pending.isEmpty()) {
      replayFrom = block.revision();
      position = block.revision() + 1;
      pendingBytes = block.bytes();
    }
    enqueue(delivery, block.revision());
  }

  private void enqueue(Delivery delivery, long headerRevision) {
    pending.add(new Pending(delivery, headerRevision));
    pendingEvents += delivery.events().size();
  }

  /// Sends what is pending while the stream takes it. Returns whether nothing is left.
  boolean flush() {
    while (!pending.isEmpty()) {
      if (!stream.isReady()) {
        return false;
      }
      Pending first = pending.remove();
      pendingEvents -= first.delivery.events().size();
      if (first.delivery.watcher().cohort() == this) {
        stream.deliver(first.delivery, first.headerRevision);
      }
    }
    pendingBytes = 0;
    return true;
  }

  /// Forgets what is pending; it will be matched again.
  void dropPending() {
    if (!pending.isEmpty()) {
      pending.clear();
      position = replayFrom;
    }
    pendingBytes = 0;
    pendingEvents = 0;
  }

  boolean hasPending() {
    return !pending.isEmpty();
  }

  int pendingEvents() {
    return pendingEvents;
  }

  /// Heap that the pending events keep from being freed, at most.
  long pendingBytes() {
    return pendingBytes;
  }

  Activity activity() {
    return activity;
  }

  void activity(Activity next) {
    activity = next;
  }
}
