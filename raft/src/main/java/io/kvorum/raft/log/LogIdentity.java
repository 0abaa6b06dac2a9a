package io.kvorum.raft.log;

import io.kvorum.raft.membership.MemberId;
import java.util.UUID;

/// Whose log it is. Every segment carries it, and a log with another one is refused (RC6).
///
/// @param clusterId unsigned
/// @param logId the random id of the data directory, which tells a wiped disk from the old one
public record LogIdentity(long clusterId, MemberId memberId, UUID logId) {}
