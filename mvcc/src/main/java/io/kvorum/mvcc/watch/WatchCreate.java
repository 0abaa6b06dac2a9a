package io.kvorum.mvcc.watch;

import io.kvorum.mvcc.KeyRange;
import java.util.Set;

/// A client's wish for a watcher.
///
/// @param start first revision wanted
public record WatchCreate(WatcherId id, KeyRange range, Start start, Set<Option> options) {
  public WatchCreate {
    options = Set.copyOf(options);
  }

  /// Which id the watcher gets on its stream.
  public sealed interface WatcherId {
    /// The next free one: 0, 1, 2, … never used twice.
    record Next() implements WatcherId {}

    /// The client's own choice; any number that no watcher of the stream has now.
    record Chosen(long id) implements WatcherId {}
  }

  /// Where a watcher begins.
  public sealed interface Start {
    /// With the first revision after the newest one at creation.
    record Now() implements Start {}

    /// With this revision, itself included: past, present or future.
    record At(long revision) implements Start {}
  }

  /// What a watcher wants beyond events.
  public enum Option {
    NO_PUTS,
    NO_DELETES,
    PREVIOUS_PAIR,
    PROGRESS_NOTICES,
    FRAGMENTS
  }
}
