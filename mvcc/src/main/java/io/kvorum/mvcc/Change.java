package io.kvorum.mvcc;

import java.util.Optional;

/// One key's change, as a watcher sees it.
///
/// @param keyValue the pair a PUT made; for a DELETE only key and mod revision are set
/// @param previous the live pair before the change's revision, also if the key changed twice in it
public record Change(Kind kind, KeyValue keyValue, Optional<KeyValue> previous) {
  /// What happened to the key.
  public enum Kind {
    PUT,
    DELETE
  }
}
