package io.kvorum.server.grpc;

/// A standing that does not change.
public record FixedStanding(boolean knowsLeader, boolean isLearner) implements MemberStanding {}
