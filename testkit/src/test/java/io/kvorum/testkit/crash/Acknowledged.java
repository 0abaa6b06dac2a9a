package io.kvorum.testkit.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/// What the writers were told, and what they asked without hearing the outcome. Safe for any
/// thread.
final class Acknowledged {
  /// One change as the history must show it. `value` is empty for a delete.
  record Change(String key, String value, boolean isDelete) {}

  private final ConcurrentSkipListMap<Long, List<Change>> byRevision =
      new ConcurrentSkipListMap<>();
  private final ConcurrentHashMap<String, List<Change>> unknownByValue = new ConcurrentHashMap<>();

  void acknowledged(long revision, List<Change> changes) {
    List<Change> before = byRevision.putIfAbsent(revision, List.copyOf(changes));
    if (before != null) {
      throw new IllegalStateException(
          "revision " + revision + " was acknowledged twice: " + before + " and " + changes);
    }
  }

  /// The outcome of a request is unknown; its first value names it.
  void unknown(List<Change> changes) {
    unknownByValue.put(changes.getFirst().value(), List.copyOf(changes));
  }

  long lastRevision() {
    return byRevision.isEmpty() ? 1 : byRevision.lastKey();
  }

  int count() {
    return byRevision.size();
  }

  /// Compares with the history the server tells, by revision. Returns what is wrong, nothing if all
  /// is well: each acknowledged revision must be there exactly as it was answered, and every other
  /// one must be a request whose outcome was unknown, once.
  List<String> compare(Map<Long, List<Change>> history) {
    List<String> wrong = new ArrayList<>();
    byRevision.forEach(
        (revision, changes) -> {
          if (!changes.equals(history.get(revision))) {
            wrong.add(
                "revision %d: acknowledged %s, found %s"
                    .formatted(revision, changes, history.get(revision)));
          }
        });
    Map<String, Long> seen = new ConcurrentHashMap<>();
    history.forEach(
        (revision, changes) -> {
          if (!byRevision.containsKey(revision)) {
            String name = changes.getFirst().value();
            if (!changes.equals(unknownByValue.get(name))) {
              wrong.add("revision %d: nobody asked for %s".formatted(revision, changes));
            } else if (seen.put(name, revision) != null) {
              wrong.add("revision %d: %s was done twice".formatted(revision, changes));
            }
          }
        });
    return wrong;
  }
}
