package io.kvorum.lease;

/// Tells one life of a lease id from the next.
///
/// @param grantIndex the log index of the grant, so no two grants share a generation and every
///   member computes the same one
public record LeaseGeneration(long grantIndex) {}
