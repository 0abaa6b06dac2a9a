/// Snapshots on their way between members: files of the state machine, taken as a checkpoint on the
/// leader, streamed, and complete and durable on the follower before its core hears of them
/// (raft.md S3, S4). Laid out in decision 10.
///
/// Each stream has a thread of its own on either side, which reads or writes the files and waits
/// for the network. Nothing here knows sockets or encodings: a
/// [io.kvorum.raft.snapshot.SnapshotConnection] carries values. What the files are is the business
/// of the [io.kvorum.raft.snapshot.SnapshotStore]. Start reading at
/// [io.kvorum.raft.snapshot.SnapshotSender] and [io.kvorum.raft.snapshot.SnapshotReceiver].
@NullMarked
package io.kvorum.raft.snapshot;

import org.jspecify.annotations.NullMarked;
