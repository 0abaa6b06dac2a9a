package io.kvorum.raft;

import io.kvorum.raft.membership.Configuration;

/// Says that a snapshot (or the state store) holds the effect of every entry up to `id`, and which
/// configuration was in force there. A log whose front was dropped starts right after a marker.
public record SnapshotMarker(EntryId id, Configuration configuration) {}
