package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.mvcc.Change;
import io.kvorum.mvcc.watch.WatchCreate.Option;
import java.util.List;

/// What one watcher may be told, computed from the full list of revisions.
final class WatcherModel {
  private final SimulatedHistory history;
  private final WatchCreate create;
  private final long start;
  private long cursor;
  private long lastProgress;

  WatcherModel(SimulatedHistory history, WatchCreate create, long createdRevision) {
    this.history = history;
    this.create = create;
    this.start =
        switch (create.start()) {
          case WatchCreate.Start.Now() -> createdRevision + 1;
          case WatchCreate.Start.At(long revision) -> revision;
        };
    this.cursor = Math.max(start, 2);
  }

  /// The events must be exactly the next ones, whole revisions.
  void told(WatchMessage.Events message) {
    List<WatchEvent> events = message.events();
    assertThat(events).isNotEmpty();
    int told = 0;
    while (told < events.size()) {
      assertThat(cursor).as("revisions left for %s", message).isLessThanOrEqualTo(history.head());
      for (WatchEvent expected : expectedAt(cursor)) {
        assertThat(told).as("revision %s is whole", cursor).isLessThan(events.size());
        assertThat(events.get(told)).isEqualTo(expected);
        told++;
      }
      cursor++;
    }
    assertThat(message.revision()).isGreaterThanOrEqualTo(cursor - 1);
    assertThat(message.to().withPrevious())
        .isEqualTo(create.options().contains(Option.PREVIOUS_PAIR));
  }

  /// Everything up to `revision` must have been told, and progress never goes back.
  void progressed(long revision) {
    assertThat(nextExpected()).as("told before progress").isGreaterThan(revision);
    assertThat(revision).isGreaterThanOrEqualTo(lastProgress);
    assertThat(allowsProgressAt(revision)).isTrue();
    lastProgress = revision;
  }

  /// No notice may be below the revision the watcher was created at, or wants to start at.
  boolean allowsProgressAt(long revision) {
    return switch (create.start()) {
      case WatchCreate.Start.Now() -> revision >= start - 1;
      case WatchCreate.Start.At(long wanted) -> revision >= wanted;
    };
  }

  void compacted(long revision) {
    assertThat(revision).isEqualTo(history.compactedRevision());
    assertThat(Math.min(start, cursor)).isLessThan(revision);
  }

  boolean isComplete() {
    return nextExpected() > history.head();
  }

  private long nextExpected() {
    long revision = cursor;
    while (revision <= history.head() && expectedAt(revision).isEmpty()) {
      revision++;
    }
    return revision;
  }

  private List<WatchEvent> expectedAt(long revision) {
    return history.at(revision).changes().stream()
        .filter(change -> create.range().contains(change.keyValue().key()))
        .filter(change -> !create.options().contains(dropping(change.kind())))
        .map(WatchEvent::of)
        .toList();
  }

  private static Option dropping(Change.Kind kind) {
    return switch (kind) {
      case PUT -> Option.NO_PUTS;
      case DELETE -> Option.NO_DELETES;
    };
  }
}
