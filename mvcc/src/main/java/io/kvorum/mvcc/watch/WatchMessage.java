package io.kvorum.mvcc.watch;

import java.util.List;

/// What a watch stream tells its client, in order.
public sealed interface WatchMessage {

  /// A watcher exists from now on. With `Now` it starts after `revision`.
  record Created(long watchId, long revision) implements WatchMessage {}

  /// No watcher was created.
  record Refused(Reason reason, long revision) implements WatchMessage {
    /// Why, in the order checked.
    public enum Reason {
      NEGATIVE_START,
      EMPTY_RANGE,
      DUPLICATE_ID
    }
  }

  /// Some events of a watcher, complete for each revision they touch.
  ///
  /// @param revision for the response header: at least the revision of the last event
  record Events(Delivered to, long revision, List<WatchEvent> events) implements WatchMessage {}

  /// The watcher events go to, and how it wants them.
  ///
  /// @param withPrevious whether each event includes its previous pair
  /// @param fragments whether a large response may be split
  record Delivered(long watchId, boolean withPrevious, boolean fragments) {}

  /// All events of the watcher up to and including `revision` were sent before this.
  record Progress(long watchId, long revision) implements WatchMessage {}

  /// All events of all watchers of the stream up to and including `revision` were sent before this.
  record StreamProgress(long revision) implements WatchMessage {}

  /// The watcher's next revision is gone. Its id stays in use until the client cancels it.
  record Compacted(long watchId, long compactRevision) implements WatchMessage {}

  /// The watcher has ended as its client asked.
  record Cancelled(long watchId, long revision) implements WatchMessage {}
}
