package io.kvorum.server.grpc;

/// How this member stands in its cluster at the moment: what it may serve depends on it. Safe for
/// any thread.
public interface MemberStanding {
  boolean knowsLeader();

  /// Whether it receives the log without a vote.
  boolean isLearner();
}
