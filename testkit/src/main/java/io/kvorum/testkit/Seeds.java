package io.kvorum.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// The seeds of a run.
public final class Seeds {
  private static final long WITHOUT_COMMIT = 20_261;

  private Seeds() {}

  /// `-Dkvorum.seed`, else one that is new with every commit and the same for all its builds.
  public static long chosen() {
    return Long.getLong("kvorum.seed", ofCommit());
  }

  private static long ofCommit() {
    try {
      Process git =
          new ProcessBuilder("git", "rev-parse", "HEAD")
              .directory(Path.of(System.getProperty("kvorum.root", ".")).toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return commit.length() < 12 ? WITHOUT_COMMIT : Long.parseLong(commit.substring(0, 12), 16);
    } catch (IOException e) {
      return WITHOUT_COMMIT;
    }
  }
}
