package io.kvorum.server.command;

/// Levels of replicated behaviour, decision 13: what applying a command does may depend on the
/// level that the cluster has reached, and on nothing else that differs between programs.
public final class FeatureLevel {
  /// Where a cluster begins: everything that all programs do.
  public static final int FIRST = 1;

  /// From here on neither the version nor the level of a cluster ever falls.
  public static final int RISING_VERSION = 2;

  /// The highest level this program understands.
  public static final int NEWEST = RISING_VERSION;

  private FeatureLevel() {}
}
