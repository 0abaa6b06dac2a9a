package io.kvorum.proto;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/// Text files that lie beside the tests.
final class TextResource {
  private TextResource() {}

  /// The lines of a resource without its comments, which begin with `#`.
  static List<String> linesOf(String name) {
    try (InputStream in = Objects.requireNonNull(TextResource.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
