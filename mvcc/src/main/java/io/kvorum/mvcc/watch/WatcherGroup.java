package io.kvorum.mvcc.watch;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.KeyRange;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The watchers of one key or one range in an index, in the order they joined: a circular list that
/// a watcher leaves in constant time through its [Link].
final class WatcherGroup {
  private final KeyRange range;
  private final Link ends = new Link(this);

  WatcherGroup(KeyRange range) {
    this.range = range;
  }

  KeyRange range() {
    return range;
  }

  boolean isEmpty() {
    return ends.next == ends;
  }

  Link add(Watcher watcher) {
    Link link = new Link(this, watcher, ends);
    return link;
  }

  /// Hands every watcher to `found`, which must not change the group.
  void forEach(Consumer<Watcher> found) {
    for (Link link = ends.next; link.watcher != null; link = link.next) {
      found.accept(link.watcher);
    }
  }

  /// One watcher's place in a group.
  static final class Link {
    private final WatcherGroup group;
    // Absent in the link that joins both ends.
    private final @Nullable Watcher watcher;
    private Link previous;
    private Link next;

    private Link(WatcherGroup group) {
      this.group = group;
      this.watcher = null;
      this.previous = this;
      this.next = this;
    }

    private Link(WatcherGroup group, Watcher watcher, Link ends) {
      this.group = group;
      this.watcher = watcher;
      this.previous = ends.previous;
      this.next = ends;
      previous.next = this;
      ends.previous = this;
    }

    WatcherGroup group() {
      return group;
    }

    void remove() {
      Invariant.check(previous.next == this, "a watcher leaves its group twice");
      previous.next = next;
      next.previous = previous;
    }
  }
}
