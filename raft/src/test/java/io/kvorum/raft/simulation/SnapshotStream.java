package io.kvorum.raft.simulation;

import io.kvorum.raft.Envelope;
import java.util.Optional;

/// A snapshot on its way from one process to a host. Neither end survives a restart of its side.
///
/// @param offer what the receiver's core is told once the files are durable there
/// @param receiver the process that was connected when the stream began, if any
record SnapshotStream(
    MemberProcess sender, Optional<MemberProcess> receiver, Envelope offer, Snapshot snapshot) {}
