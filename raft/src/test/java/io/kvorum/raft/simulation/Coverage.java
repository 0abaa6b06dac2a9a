package io.kvorum.raft.simulation;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// How often each situation came up.
final class Coverage {
  private final Map<Sometimes, Long> counts = new EnumMap<>(Sometimes.class);

  void saw(Sometimes situation) {
    counts.merge(situation, 1L, Long::sum);
  }

  long of(Sometimes situation) {
    return counts.getOrDefault(situation, 0L);
  }

  void add(Coverage other) {
    other.counts.forEach((situation, count) -> counts.merge(situation, count, Long::sum));
  }

  List<Sometimes> neverSeen() {
    List<Sometimes> missing = new ArrayList<>();
    for (Sometimes situation : Sometimes.values()) {
      if (of(situation) == 0) {
        missing.add(situation);
      }
    }
    return missing;
  }
}
