package io.kvorum.testkit.history;

import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/// Every revision a cluster ever had, as read back after a run: the order in which everything
/// happened.
public final class Committed {
  private final NavigableMap<Long, List<Change>> revisions = new TreeMap<>();

  /// Adds what a revision changed.
  public Committed add(long revision, List<Change> changes) {
    revisions.put(revision, List.copyOf(changes));
    return this;
  }

  NavigableMap<Long, List<Change>> revisions() {
    return revisions;
  }

  List<Change> at(long revision) {
    return revisions.getOrDefault(revision, List.of());
  }

  /// The keys as of one revision after the other; goes forward only.
  final class Replay {
    private final NavigableMap<String, Pair> keys = new TreeMap<>();
    private long revision;

    /// The state as of `wanted`, which is no lower than before.
    NavigableMap<String, Pair> to(long wanted) {
      for (var next : revisions.subMap(revision, false, wanted, true).entrySet()) {
        next.getValue().forEach(change -> apply(next.getKey(), change));
      }
      revision = wanted;
      return keys;
    }

    private void apply(long at, Change change) {
      String key = change.key();
      if (change.value().isEmpty()) {
        keys.remove(key);
        return;
      }
      Pair before = keys.get(key);
      long created = before == null ? at : before.createRevision();
      long version = before == null ? 1 : before.version() + 1;
      keys.put(key, new Pair(key, change.value().get(), created, at, version));
    }
  }
}
