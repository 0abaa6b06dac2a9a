package io.kvorum.server.config;

import java.util.Locale;
import java.util.Optional;

/// What this build is, in the words Go's tools use.
final class BuildInfo {
  /// From the jar's manifest; a build straight from sources has none.
  static final String REVISION =
      Optional.ofNullable(BuildInfo.class.getPackage().getImplementationVersion())
          .orElse("Not provided");

  private BuildInfo() {}

  static String operatingSystem() {
    String name = System.getProperty("os.name", "unknown").toLowerCase(Locale.ROOT);
    return name.startsWith("mac") ? "darwin" : name.replace(' ', '-');
  }

  static String architecture() {
    return switch (System.getProperty("os.arch", "unknown")) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      case String other -> other;
    };
  }
}
