package io.kvorum.lease;

/// A note of the time a lease has left, to be logged.
public record LeaseCheckpoint(LeaseId lease, LeaseGeneration generation, long remainingMillis) {}
