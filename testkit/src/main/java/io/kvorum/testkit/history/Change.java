package io.kvorum.testkit.history;

import java.util.Optional;

/// What one revision did to one key.
///
/// @param value empty for a deletion
public record Change(String key, Optional<String> value) {
  public static Change put(String key, String value) {
    return new Change(key, Optional.of(value));
  }

  public static Change delete(String key) {
    return new Change(key, Optional.empty());
  }
}
