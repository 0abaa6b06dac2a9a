/// The transport between members: framed protobuf over TCP, one connection per direction, laid out
/// in decision 8.
///
/// Everything of a connection is owned by one event loop, which the caller gives; files are written
/// and names are looked up elsewhere, so that no disk and no name server stops a heartbeat. The
/// thread `raft` only puts messages into bounded queues. Messages may be lost here, and heartbeats
/// overtake others, but nothing is ever sent twice. Beside Raft's messages it carries notes: bytes
/// that the members' servers say to each other, and that mean nothing here.
///
/// Each snapshot has a connection of its own, which a thread of its own uses as if it were blocking
/// ([io.kvorum.raft.peer.SnapshotDialler], `FrameConnection`); it may wait, and the event loop does
/// not.
///
/// The only package of this module that knows Netty and the generated peer messages. Depends on the
/// core's values, on the files of `log`, and on what `snapshot` says. Start reading at
/// [io.kvorum.raft.peer.PeerLinks] for what goes out, at [io.kvorum.raft.peer.PeerServer] for what
/// comes in.
@NullMarked
package io.kvorum.raft.peer;

import org.jspecify.annotations.NullMarked;
