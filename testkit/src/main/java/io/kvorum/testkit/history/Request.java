package io.kvorum.testkit.history;

import java.util.List;

/// What a client asked for. Values written are unique in a history, so that a value names its
/// write.
public sealed interface Request {
  /// A request that may change something.
  sealed interface Write extends Request {
    /// All of what it does when it does something, in one revision.
    List<Change> changes();
  }

  record Put(String key, String value) implements Write {
    @Override
    public List<Change> changes() {
      return List.of(Change.put(key, value));
    }
  }

  record Delete(String key) implements Write {
    @Override
    public List<Change> changes() {
      return List.of(Change.delete(key));
    }
  }

  /// A transaction without conditions that puts a value under each of some keys.
  record PutAll(List<Change> changes) implements Write {
    public PutAll {
      changes = List.copyOf(changes);
      if (changes.isEmpty() || changes.stream().anyMatch(change -> change.value().isEmpty())) {
        throw new IllegalArgumentException("puts of " + changes);
      }
    }
  }

  /// A transaction: if the key was last modified at this revision (0: if there is no such key), put
  /// the value.
  record CompareAndPut(String key, long expectedModRevision, String value) implements Write {
    @Override
    public List<Change> changes() {
      return List.of(Change.put(key, value));
    }
  }

  /// Every key in `[from, to)`.
  ///
  /// @param isSerializable may show a state of the past
  record Range(String from, String to, boolean isSerializable) implements Request {
    public static Range ofKey(String key) {
      return new Range(key, key + "\0", false);
    }
  }

  /// Every key in `[from, to)` as it was at a revision that is still kept. The answer's header
  /// shows the newest revision all the same.
  record PastRange(String from, String to, long revision) implements Request {}
}
