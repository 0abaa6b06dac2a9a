package io.kvorum.raft.log;

/// An opened log together with what it says.
public record Recovery(SegmentedLog log, RecoveredLog recovered) {}
