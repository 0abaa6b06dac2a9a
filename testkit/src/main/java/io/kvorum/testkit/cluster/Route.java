package io.kvorum.testkit.cluster;

/// The way from one member to another; members are counted from 0.
public record Route(int from, int to) {
  /// The way back.
  public Route back() {
    return new Route(to, from);
  }
}
