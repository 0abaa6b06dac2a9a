package io.kvorum.mvcc.watch;

import com.google.protobuf.ByteString;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/// Finds the watchers of a key: those of exactly this key through a hash table, those of ranges
/// through an [IntervalIndex]. Watchers of equal keys or ranges share one entry, so 10,000 watchers
/// of one prefix cost a search no more than one.
final class WatcherIndex {
  // Looked up only, never iterated.
  private final Map<ByteString, WatcherGroup> keys = new HashMap<>();
  private final IntervalIndex ranges = new IntervalIndex();
  private int size;

  /// Adds a watcher; the link takes it out again.
  WatcherGroup.Link add(Watcher watcher) {
    size++;
    WatcherGroup group =
        watcher.range().isSingleKey()
            ? keys.computeIfAbsent(watcher.range().start(), _ -> new WatcherGroup(watcher.range()))
            : ranges.groupOf(watcher.range());
    return group.add(watcher);
  }

  void remove(WatcherGroup.Link link) {
    size--;
    link.remove();
    WatcherGroup group = link.group();
    if (!group.isEmpty()) {
      return;
    }
    if (group.range().isSingleKey()) {
      keys.remove(group.range().start());
    } else {
      ranges.remove(group.range());
    }
  }

  /// Hands over every watcher of `key` once, in an order that depends on the calls before only.
  void find(ByteString key, Consumer<Watcher> found) {
    WatcherGroup exact = keys.get(key);
    if (exact != null) {
      exact.forEach(found);
    }
    ranges.find(key, group -> group.forEach(found));
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }
}
