package io.kvorum.mvcc.watch;

import io.kvorum.mvcc.Change;
import io.kvorum.mvcc.ChangeSet;
import java.util.ArrayList;
import java.util.List;

/// All events of one revision, in sub-revision order, encoded and immutable: the unit that is
/// published, kept, read back and delivered whole.
///
/// @param bytes heap this block holds, roughly: what limits are counted in
record RevisionBlock(long revision, List<WatchEvent> events, long bytes) {
  /// Objects around the bytes of one event.
  private static final long EVENT_OVERHEAD_BYTES = 160;

  RevisionBlock {
    events = List.copyOf(events);
  }

  static RevisionBlock of(ChangeSet changes) {
    List<WatchEvent> events = new ArrayList<>(changes.changes().size());
    long bytes = 0;
    for (Change change : changes.changes()) {
      WatchEvent event = WatchEvent.of(change);
      events.add(event);
      bytes += EVENT_OVERHEAD_BYTES + event.key().size() + event.size(true);
    }
    return new RevisionBlock(changes.revision(), events, bytes);
  }
}
