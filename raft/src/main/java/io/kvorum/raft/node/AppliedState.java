package io.kvorum.raft.node;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.membership.Configuration;

/// How far the state machine is at start, as saved with its data in one transaction (raft.md RC1).
///
/// @param applied the last entry whose effect is in the state
/// @param configuration the one in force there
public record AppliedState(EntryId applied, Configuration configuration) {}
