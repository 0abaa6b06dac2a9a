package io.kvorum.raft;

import io.kvorum.raft.membership.MemberId;

/// A message under way.
///
/// @param term the sender's term when it was written; a pre-vote carries the term it asks about
public record Envelope(MemberId from, MemberId to, long term, RaftMessage message) {}
