package io.kvorum.testkit.history;

/// What a client asked for. Values written are unique in a history, so that a value names its
/// write.
public sealed interface Request {
  /// A request that may change something.
  sealed interface Write extends Request {
    String key();
  }

  record Put(String key, String value) implements Write {}

  record Delete(String key) implements Write {}

  /// A transaction: if the key was last modified at this revision (0: if there is no such key), put
  /// the value.
  record CompareAndPut(String key, long expectedModRevision, String value) implements Write {}

  /// Every key in `[from, to)`.
  ///
  /// @param isSerializable may show a state of the past
  record Range(String from, String to, boolean isSerializable) implements Request {
    public static Range ofKey(String key) {
      return new Range(key, key + "\0", false);
    }
  }
}
