package io.kvorum.testkit.history;

import java.util.ArrayList;
import java.util.List;

/// What one watcher was sent, over as many streams as it needed: it resumes after what it has seen.
public final class WatchRecord {
  /// One response. Fragments of one are to be joined before.
  sealed interface Response {
    record Events(List<Event> events) implements Response {}

    /// Everything up to the revision has been sent.
    record Progress(long revision) implements Response {}
  }

  /// One event.
  public record Event(long revision, Change change) {}

  final String from;
  final String to;
  final long startRevision;
  final List<Response> responses = new ArrayList<>();

  /// A watch of the keys in `[from, to)` from a revision on.
  public WatchRecord(String from, String to, long startRevision) {
    this.from = from;
    this.to = to;
    this.startRevision = startRevision;
  }

  public WatchRecord events(List<Event> events) {
    responses.add(new Response.Events(List.copyOf(events)));
    return this;
  }

  public WatchRecord progress(long revision) {
    responses.add(new Response.Progress(revision));
    return this;
  }
}
