package io.kvorum.server.command;

import io.kvorum.lease.LeaseId;

/// A deterministic refusal of the state machine: every member computes the same one at the same log
/// index, and nothing was changed. One table maps it to the gRPC status and etcd's text.
public sealed interface Rejection {
  /// The revision asked for lies below the compacted one, or a compaction asked for what is already
  /// compacted.
  record Compacted(RevisionBounds revisions) implements Rejection {}

  /// The revision asked for lies above the store's.
  record FutureRevision(RevisionBounds revisions) implements Rejection {}

  /// A put, transaction or revoke names a lease that does not exist.
  record LeaseNotFound(LeaseId lease) implements Rejection {}

  /// A grant names a lease that exists.
  record LeaseExists(LeaseId lease) implements Rejection {}

  /// A grant asks for more than 9,000,000,000 seconds.
  record LeaseTtlTooLarge(long ttlSeconds) implements Rejection {}

  /// A put keeps the value or lease of a key that is absent.
  record KeyNotFound() implements Rejection {}

  /// The replicated NOSPACE alarm is raised. A local disk size would not be deterministic.
  record NoSpace() implements Rejection {}

  /// The replicated CORRUPT alarm is raised.
  record Corrupt() implements Rejection {}

  /// The membership change does not fit the membership.
  record Membership(MembershipRefusal refusal) implements Rejection {}

  /// What was asked for, and the bound it fell beyond.
  record RevisionBounds(long requested, long bound) {}
}
