package io.kvorum.testkit.history;

import java.util.List;

/// What came of a request, as far as its client knows.
public sealed interface Outcome {
  /// Answered.
  ///
  /// @param revision the revision in the response's header
  /// @param succeeded whether a write changed anything: a delete found its key, a comparison held
  /// @param pairs what a range shows, in order
  record Done(long revision, boolean succeeded, List<Pair> pairs) implements Outcome {
    public Done {
      pairs = List.copyOf(pairs);
    }

    public static Done write(long revision) {
      return new Done(revision, true, List.of());
    }

    public static Done unchanged(long revision) {
      return new Done(revision, false, List.of());
    }
  }

  /// An error that says that nothing was done.
  record Refused() implements Outcome {}

  /// A time-out, a broken connection, or any other error that leaves it open.
  record Unknown() implements Outcome {}
}
